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
