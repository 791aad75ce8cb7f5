# Texts of mails.

mail-greeting = Dear { $customer },
mail-greeting-nobody = Hello,
mail-footer-automatic = This message was sent automatically.
mail-registration-number = Invoice registration number: { $number }

mail-order-confirmation-subject = { $seller }: thank you for your order { $number }
mail-order-confirmation-preview = Thank you for your order at { $seller }.
mail-order-confirmation-intro = Thank you for shopping at { $seller }. We have received your order. Here are the details.

mail-pos-receipt-subject = { $seller }: your receipt ({ $number })
mail-pos-receipt-preview = Your receipt from { $seller }.
mail-pos-receipt-intro = Thank you for shopping at { $seller }. Here is your receipt.
mail-receipt-title = Receipt
mail-receipt-title-japan = Receipt (qualified simplified invoice)
mail-receipt-number = Receipt no. { $number } · till { $register }

mail-sign-in-code-subject = { $seller }: your sign-in code
mail-sign-in-code-preview = Your code to sign in at { $seller }.
mail-sign-in-code-intro = Enter this code to sign in at { $seller }.
mail-verify-identifier-subject = { $seller }: please confirm your e-mail address
mail-verify-identifier-preview = Your code to confirm this e-mail address at { $seller }.
mail-verify-identifier-intro = Enter this code at { $seller } to confirm that this e-mail address is yours.
mail-password-reset-subject = { $seller }: set a new password
mail-password-reset-preview = Your code to set a new password at { $seller }.
mail-password-reset-intro = We were asked to set a new password for your account at { $seller }. Enter this code to go on.
mail-code-valid = { $minutes ->
    [one] The code works once, within one minute.
   *[other] The code works once, within { $minutes } minutes.
}
mail-code-warning = If you did not ask for this, ignore this message: nothing changes. Never tell the code to anybody. We never ask for it by phone or e-mail.

mail-order-number = Order number
mail-order-placed-at = Ordered on
mail-subtotal = Subtotal
mail-discount = Discount
mail-shipping = Shipping ({ $method })
mail-tax = Tax
mail-tax-rate = { $rate } tax
mail-total = Total (tax included)
mail-tax-included-row = { $rate }: { $base } tax included (tax { $tax })
mail-tax-excluded-row = { $rate }: { $base } before tax (tax { $tax })
mail-reduced-rate-note = ※ Goods at the reduced rate (8%).
mail-change = Change
mail-gateway-manual = To be paid by bank transfer or on delivery
mail-gateway-cash = Cash
mail-gateway-card-terminal = Card
mail-gateway-gift-card = Gift card
mail-gateway-store-credit = Store credit
mail-gateway-points = Points
mail-gateway-stripe = Card
mail-gateway-exchange = Returned goods
mail-gateway-test = Test payment

mail-delivery-ship = Will be shipped
mail-delivery-pickup = Pick up at { $store }
mail-delivery-local-delivery = Delivered by our store
mail-pickup-title = Pick up at the store
mail-pickup-wait = Please wait for our next message before you come: we will write as soon as your goods are ready.
mail-opening-hours = Opening hours
mail-ship-to = Ship to
mail-bill-to = Bill to
mail-note = Your note

mail-pickup-code = Show this code in the store
mail-map = Map
mail-pickup-preparing-subject = { $seller }: we are preparing your order { $number }
mail-pickup-preparing-preview = Your goods are being prepared.
mail-pickup-preparing-intro = { $store } is preparing your goods. Please wait for our next message before you come.
mail-pickup-ready-subject = { $seller }: your order { $number } is ready to collect
mail-pickup-ready-preview = Your goods wait for you.
mail-pickup-ready-intro = Your goods wait for you at { $store }. Whoever shows the code gets them: tell it only to the person who shall collect them.
mail-pickup-ready-until = Please collect them until { $until }.
mail-pickup-ready-link = Say that you are there, or keep them longer
mail-pickup-reminder-subject = { $seller }: your order { $number } still waits for you
mail-pickup-reminder-preview = Please collect your goods in time.
mail-pickup-reminder-intro = Your goods still wait for you at { $store }.
mail-pickup-reminder-until = Please collect them until { $until }. After that we put them back and return your money.
mail-pickup-reminder-link = Say that you are there, or keep them longer
mail-pickup-expired-subject = { $seller }: your order { $number } was not collected
mail-pickup-expired-preview = We return your money.
mail-pickup-expired-intro = Your goods were not collected at { $store } in time. We have put them back and return your money the way you paid.
mail-pickup-collected-subject = { $seller }: you collected your order { $number }
mail-pickup-collected-preview = Thank you for coming.
mail-pickup-collected-intro = Your goods were handed over at { $store }. Thank you for coming.
mail-pickup-short-subject = { $seller }: please choose again for your order { $number }
mail-pickup-short-preview = Something is not there. You decide how to go on.
mail-pickup-short-intro = We are sorry: { $store } does not have the following goods any more. Collect them in another store, have them sent without further charge, wait, or get your money back.
mail-pickup-short-until = Please choose until { $until }. If we hear nothing, we return your money.
mail-pickup-short-link = Choose how to go on
mail-store-reservation-subject = { $seller }: we keep it for you
mail-store-reservation-preview = Your goods are put aside.
mail-store-reservation-intro = { $store } keeps the following goods for you, without obligation. You pay in the store.
mail-store-reservation-until = We keep them until { $until }.
mail-shipment-shipped-subject = { $seller }: your parcel is on its way ({ $number })
mail-shipment-shipped-preview = Your parcel from { $seller } is on its way.
mail-shipment-shipped-intro = We have handed a parcel of your order to the carrier.
mail-shipment-out-for-delivery-subject = { $seller }: your parcel comes today ({ $number })
mail-shipment-out-for-delivery-preview = Your parcel from { $seller } is out for delivery.
mail-shipment-out-for-delivery-intro = Your parcel is out for delivery.
mail-shipment-delivered-subject = { $seller }: your parcel has arrived ({ $number })
mail-shipment-delivered-preview = Your parcel from { $seller } has arrived.
mail-shipment-delivered-intro = The carrier tells us that your parcel has arrived. We hope you enjoy it.
mail-shipment-failed-subject = { $seller }: your parcel could not be delivered ({ $number })
mail-shipment-failed-preview = Your parcel from { $seller } could not be delivered.
mail-shipment-failed-intro = The carrier could not deliver your parcel. Please arrange another delivery with the carrier, or check that the address is right.
mail-parcel-carrier = Carrier
mail-parcel-tracking-number = Tracking number
mail-parcel-track = Follow your parcel
mail-parcel-delivery = Wished delivery
mail-parcel-lines = In this parcel
mail-parcel-more = More of your order is still to come. We will write again when it leaves.
