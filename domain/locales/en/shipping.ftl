# Papers of a parcel.

paper-packing-slip = Packing slip
paper-label = Shipping label
paper-order = Order
paper-ordered-on = Ordered on
paper-packed-on = Packed on
paper-parcel = Parcel
paper-to = To
paper-from = From
paper-carrier = Carrier
paper-tracking-number = Tracking number
paper-delivery = Delivery
paper-phone = Phone
paper-item = Item
paper-sku = SKU
paper-quantity = Quantity
paper-total = Units in this parcel
paper-thanks = Thank you for your order.

paper-return-slip = Return slip
paper-return-until = We expect it until
paper-return-inside = Please put this part into the parcel.
