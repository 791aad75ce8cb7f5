# Words on receipts.
receipt-title = RECEIPT
receipt-registration = Registration number
receipt-order = Order
receipt-discount = Discount
receipt-tax = Tax
receipt-total = Total
receipt-subject = Subject to
receipt-change = Change
receipt-reduced-mark = { " " }※
receipt-reduced-note = ※ taxed at the reduced rate
receipt-thanks = Thank you
receipt-gateway-manual = Bank transfer etc.
receipt-gateway-cash = Cash
receipt-gateway-card-terminal = Card
receipt-gateway-test = Test payment
