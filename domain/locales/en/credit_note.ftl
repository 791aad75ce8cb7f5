# Texts of credit notes
credit-note-title = Credit note
credit-note-registration = Registration number
credit-note-number = Number
credit-note-order = Order
credit-note-ordered-on = Date of sale
credit-note-returned-on = Date of return
credit-note-shipping = Shipping
credit-note-goodwill = Goodwill
credit-note-fee = Fee
credit-note-claw-back = Discount no longer earned
credit-note-total = Refund
credit-note-subject = Subject to
credit-note-reduced-mark = { " " }*
credit-note-reduced-note = * Taxed at the reduced rate
