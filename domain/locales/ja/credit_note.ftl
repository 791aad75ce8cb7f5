# 返還請求書の文言
credit-note-title = 適格返還請求書
credit-note-registration = 登録番号
credit-note-number = 番号
credit-note-order = 注文番号
credit-note-ordered-on = 売上日
credit-note-returned-on = 返還日
credit-note-shipping = 送料
credit-note-goodwill = お詫び
credit-note-fee = 手数料
credit-note-claw-back = 割引の取消
credit-note-total = 返金額
credit-note-subject = 対象
credit-note-reduced-mark = { " " }※
credit-note-reduced-note = ※印は軽減税率対象です
