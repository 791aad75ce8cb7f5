# Texts of mails.

mail-greeting = { $customer } 様
mail-greeting-nobody = お客様
mail-footer-automatic = このメールは、お客様のお手続きに伴い自動でお送りしています。
mail-registration-number = 登録番号：{ $number }

mail-order-confirmation-subject = 【{ $seller }】ご注文ありがとうございます（注文番号 { $number }）
mail-order-confirmation-preview = { $seller }をご利用いただき、誠にありがとうございます。
mail-order-confirmation-intro = このたびは{ $seller }をご利用いただき、誠にありがとうございます。下記の内容でご注文を承りました。

mail-pos-receipt-subject = 【{ $seller }】お買い上げありがとうございます（レシート { $number }）
mail-pos-receipt-preview = { $seller }でのお買い上げのレシートをお届けします。
mail-pos-receipt-intro = このたびは{ $seller }でお買い上げいただき、誠にありがとうございます。レシートをお届けします。
mail-receipt-title = レシート
mail-receipt-title-japan = レシート（適格簡易請求書）
mail-receipt-number = レシート番号 { $number }（レジ { $register }）

mail-sign-in-code-subject = 【{ $seller }】サインイン用の確認コード
mail-sign-in-code-preview = { $seller }にサインインするための確認コードです。
mail-sign-in-code-intro = { $seller }にサインインするための確認コードをお送りします。画面に次のコードを入力してください。
mail-verify-identifier-subject = 【{ $seller }】メールアドレスのご確認
mail-verify-identifier-preview = { $seller }でメールアドレスを確認するためのコードです。
mail-verify-identifier-intro = { $seller }にご登録のメールアドレスを確認いたします。画面に次のコードを入力してください。
mail-password-reset-subject = 【{ $seller }】パスワードの再設定
mail-password-reset-preview = { $seller }のパスワードを再設定するためのコードです。
mail-password-reset-intro = { $seller }のパスワード再設定のお申し込みを承りました。画面に次のコードを入力して、お手続きを進めてください。
mail-code-valid = コードの有効期限は { $minutes } 分です。一度だけご利用いただけます。
mail-code-warning = お心当たりのない場合は、このメールを破棄してください。お客様の登録内容は変わりません。コードは第三者に絶対に知らせないでください。当店から電話やメールでコードをお尋ねすることはありません。

mail-order-number = 注文番号
mail-order-placed-at = ご注文日時
mail-subtotal = 小計
mail-discount = 値引き
mail-shipping = 送料（{ $method }）
mail-tax = 消費税
mail-tax-rate = 税率 { $rate }
mail-total = 合計（税込）
mail-tax-included-row = { $rate }対象（税込） { $base }（うち消費税 { $tax }）
mail-tax-excluded-row = { $rate }対象（税抜） { $base }（消費税 { $tax }）
mail-reduced-rate-note = ※は軽減税率（8%）対象商品です。
mail-change = お釣り
mail-gateway-manual = 銀行振込・代金引換など
mail-gateway-cash = 現金
mail-gateway-card-terminal = カード
mail-gateway-test = テスト決済

mail-delivery-ship = 配送
mail-delivery-pickup = { $store }で受け取り
mail-delivery-local-delivery = 店舗からお届け
mail-pickup-title = 店舗での受け取り
mail-pickup-wait = 商品のご用意ができましたら、あらためてメールでご案内いたします。ご来店はそれまでお待ちください。
mail-opening-hours = 営業時間
mail-ship-to = お届け先
mail-bill-to = ご請求先
mail-note = ご要望・備考

mail-pickup-code = 店頭でご提示いただく受取コード
mail-map = 地図
mail-pickup-preparing-subject = 【{ $seller }】商品をご用意しております（注文番号 { $number }）
mail-pickup-preparing-preview = 商品のご用意を始めました。
mail-pickup-preparing-intro = { $store }で商品のご用意を始めました。準備が整いましたら、あらためてご案内いたします。ご来店はそれまでお待ちください。
mail-pickup-ready-subject = 【{ $seller }】商品のご用意ができました（注文番号 { $number }）
mail-pickup-ready-preview = 店頭でのお受け取りをお待ちしております。
mail-pickup-ready-intro = { $store }に商品をご用意いたしました。受取コードをご提示いただいた方に商品をお渡しします。お受け取りになる方以外にはお知らせにならないでください。
mail-pickup-ready-until = お受け取り期限：{ $until }
mail-pickup-ready-link = 到着のお知らせ・お取り置きの延長
mail-pickup-reminder-subject = 【{ $seller }】お受け取り期限が近づいています（注文番号 { $number }）
mail-pickup-reminder-preview = 期限までにお受け取りください。
mail-pickup-reminder-intro = { $store }で商品をお取り置きしております。
mail-pickup-reminder-until = お受け取り期限：{ $until }。期限を過ぎますと、商品を売り場に戻し、代金を返金いたします。
mail-pickup-reminder-link = 到着のお知らせ・お取り置きの延長
mail-pickup-expired-subject = 【{ $seller }】お受け取り期限が過ぎました（注文番号 { $number }）
mail-pickup-expired-preview = 代金を返金いたします。
mail-pickup-expired-intro = { $store }での商品のお受け取りが期限までに確認できませんでしたので、商品を売り場に戻し、お支払いの方法で代金を返金いたします。
mail-pickup-collected-subject = 【{ $seller }】商品をお渡ししました（注文番号 { $number }）
mail-pickup-collected-preview = ご来店ありがとうございました。
mail-pickup-collected-intro = { $store }で商品をお渡しいたしました。ご来店いただき、誠にありがとうございました。
mail-pickup-short-subject = 【{ $seller }】お受け取り方法をお選びください（注文番号 { $number }）
mail-pickup-short-preview = ご用意できない商品がございます。
mail-pickup-short-intro = 誠に申し訳ございません。{ $store }で次の商品をご用意できませんでした。ほかの店舗での受け取り、配送（追加送料なし）、入荷待ち、返金の中からお選びください。
mail-pickup-short-until = お選びいただく期限：{ $until }。ご連絡がない場合は、代金を返金いたします。
mail-pickup-short-link = お受け取り方法を選ぶ
mail-store-reservation-subject = 【{ $seller }】お取り置きを承りました
mail-store-reservation-preview = 商品をお取り置きしました。
mail-store-reservation-intro = { $store }で次の商品をお取り置きいたしました。お支払いは店頭で承ります。ご購入の義務はございません。
mail-store-reservation-until = お取り置き期限：{ $until }
