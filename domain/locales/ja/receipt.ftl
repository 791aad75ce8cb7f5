# レシートの文言
receipt-title = 領収書
receipt-registration = 登録番号
receipt-order = 注文番号
receipt-discount = 値引
receipt-tax = 消費税
receipt-total = 合計
receipt-subject = 対象
receipt-change = お釣り
receipt-reduced-mark = { " " }※
receipt-reduced-note = ※印は軽減税率対象です
receipt-thanks = ありがとうございました
receipt-gateway-manual = 銀行振込等
receipt-gateway-cash = 現金
receipt-gateway-card-terminal = クレジットカード
receipt-gateway-test = テスト決済
