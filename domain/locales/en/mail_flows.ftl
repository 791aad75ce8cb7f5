# What flows send.

mail-thanks-subject = { $seller }: thank you for your order
mail-thanks-preview = Thank you from all of us.
mail-thanks-intro = Thank you for your order. We are glad that you chose us, and we look after your goods with care.
mail-thanks-link = Visit the shop
mail-shipping-news-subject = { $seller }: what happens with your order now
mail-shipping-news-preview = From our shelf to your door.
mail-shipping-news-intro = Your goods are being prepared. We write when a parcel leaves, and you can follow it on the page of your order.
mail-shipping-news-link = Visit the shop
mail-how-to-use-subject = { $seller }: how to get the most out of it
mail-how-to-use-preview = How to use what you bought.
mail-how-to-use-intro = Here is how to use what you bought, so that you enjoy it for long.
mail-review-request-subject = { $seller }: how do you like it?
mail-review-request-preview = Tell others what you think.
mail-review-request-intro = How do you like what you bought? A few words from you help others to choose.
mail-survey-subject = { $seller }: how did we do?
mail-survey-preview = A question that takes a minute.
mail-survey-intro = How did we do? It takes a minute, and we read every answer.
mail-survey-link = Answer now
mail-cross-sell-subject = { $seller }: what goes with it
mail-cross-sell-preview = Picked for what you have.
mail-cross-sell-intro = These go well with what you bought.
mail-cross-sell-link = Have a look
mail-win-back-subject = { $seller }: it has been a while
mail-win-back-preview = We would be glad to see you again.
mail-win-back-intro = It has been a while since your last order. Here is what is new.
mail-win-back-link = See what is new
mail-replenishment-subject = { $seller }: time for more?
mail-replenishment-preview = What you bought may be used up soon.
mail-replenishment-intro = What you bought may be used up soon. Order it again in a minute.
mail-replenishment-link = Order again
mail-birthday-subject = { $seller }: happy birthday!
mail-birthday-preview = All the best from us.
mail-birthday-intro = Happy birthday! We wish you a good year.
mail-birthday-link = Visit the shop
mail-anniversary-subject = { $seller }: thank you for being with us
mail-anniversary-preview = A year since your first order.
mail-anniversary-intro = { $years ->
    [one] It is a year since your first order. Thank you for being with us.
   *[other] It is { $years } years since your first order. Thank you for being with us.
}
mail-anniversary-link = Visit the shop
mail-cart-left-subject = { $seller }: your cart is still here
mail-cart-left-preview = You left something in your cart.
mail-cart-left-intro = You left something in your cart. It is still here; what lies in a cart is not reserved.
mail-cart-left-link = Go on with your cart
mail-back-in-stock-subject = { $seller }: it is there again
mail-back-in-stock-preview = What you asked for is there again.
mail-back-in-stock-intro = What you asked for is there again. There may be few: first come, first served.
mail-back-in-stock-link = Have a look
mail-back-in-stock-cancel = Do not tell me any more
mail-engaged-subject = { $seller }: thank you for reading
mail-engaged-preview = Because you read what we write.
mail-engaged-intro = You read what we write, and we would like to know you better.
mail-engaged-link = Go on

mail-guide-more = Read more
mail-review-link = Write about { $product }
mail-coupon = Your coupon code
mail-flow-points = { $points ->
    [one] You have one point.
   *[other] You have { $points } points.
}
