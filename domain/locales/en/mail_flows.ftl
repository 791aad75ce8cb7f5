# What flows send.

mail-thanks-subject = { $seller }: thank you for your order
mail-thanks-preview = Thank you from all of us.
mail-thanks-intro = Thank you for your order. We are glad that you chose us and will prepare it with care.
mail-thanks-link = Visit the shop
mail-shipping-news-subject = { $seller }: what happens next with your order
mail-shipping-news-preview = From our shelf to your door.
mail-shipping-news-intro = Your parcel is on its way. You can follow it on your order page.
mail-shipping-news-link = Visit the shop
mail-how-to-use-subject = { $seller }: how to get the most out of what you bought
mail-how-to-use-preview = How to use what you bought.
mail-how-to-use-intro = Here is how to use what you bought, so that you can enjoy it for a long time.
mail-review-request-subject = { $seller }: how do you like it?
mail-review-request-preview = Tell others what you think.
mail-review-request-intro = How do you like what you bought? A few words from you help others choose.
mail-survey-subject = { $seller }: how did we do?
mail-survey-preview = A question that takes a minute.
mail-survey-intro = How did we do? It takes a minute, and we read every answer.
mail-survey-link = Answer now
mail-cross-sell-subject = { $seller }: you may also like these
mail-cross-sell-preview = Picked to go with what you bought.
mail-cross-sell-intro = These go well with what you bought.
mail-cross-sell-link = Have a look
mail-win-back-subject = { $seller }: it has been a while
mail-win-back-preview = We would be glad to see you again.
mail-win-back-intro = It has been a while since your last order. Have a look at what is new.
mail-win-back-link = See what is new
mail-replenishment-subject = { $seller }: time for more?
mail-replenishment-preview = You may be running low on what you bought.
mail-replenishment-intro = You may be running low on what you bought. You can order it again in a minute.
mail-replenishment-link = Order again
mail-birthday-subject = { $seller }: happy birthday!
mail-birthday-preview = All the best from us.
mail-birthday-intro = Happy birthday! We wish you a good year.
mail-birthday-link = Visit the shop
mail-anniversary-subject = { $seller }: thank you for being with us
mail-anniversary-preview = Your first order was on this day.
mail-anniversary-intro = { $years ->
    [one] It is a year since your first order. Thank you for being with us.
   *[other] It is { $years } years since your first order. Thank you for being with us.
}
mail-anniversary-link = Visit the shop
mail-cart-left-subject = { $seller }: your cart is still here
mail-cart-left-preview = You left something in your cart.
mail-cart-left-intro = You left something in your cart. It is still there, but items in a cart are not reserved.
mail-cart-left-link = Return to your cart
mail-back-in-stock-subject = { $seller }: back in stock
mail-back-in-stock-preview = What you asked for is back in stock.
mail-back-in-stock-intro = What you asked for is back in stock. Quantities may be limited, so please have a look soon.
mail-back-in-stock-link = View it now
mail-back-in-stock-cancel = Stop this notification
mail-engaged-subject = { $seller }: thank you for reading
mail-engaged-preview = We would like to know you better.
mail-engaged-intro = Thank you for reading what we write. We would like to know you better.
mail-engaged-link = Continue

mail-guide-more = Read more
mail-review-link = Review { $product }
mail-coupon = Your coupon code
mail-flow-points = { $points ->
    [one] You have one point.
   *[other] You have { $points } points.
}
