# Papers of a parcel.

paper-packing-slip = 納品書
paper-label = 送り状ラベル
paper-order = 注文番号
paper-ordered-on = ご注文日
paper-packed-on = 梱包日
paper-parcel = お荷物番号
paper-to = お届け先
paper-from = ご依頼主
paper-carrier = 配送会社
paper-tracking-number = 送り状番号
paper-delivery = お届け希望
paper-phone = 電話
paper-item = 商品名
paper-sku = 品番
paper-quantity = 数量
paper-total = このお荷物の点数
paper-thanks = このたびはご注文いただき、誠にありがとうございます。

paper-return-slip = 返品票
paper-return-until = 返品期限：
paper-return-inside = この票を箱に入れてください。
