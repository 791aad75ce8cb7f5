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

mail-shipment-shipped-subject = 【{ $seller }】商品を発送いたしました（注文番号 { $number }）
mail-shipment-shipped-preview = { $seller }から商品を発送いたしました。
mail-shipment-shipped-intro = ご注文の商品を発送いたしました。到着まで今しばらくお待ちください。
mail-shipment-out-for-delivery-subject = 【{ $seller }】本日お届け予定です（注文番号 { $number }）
mail-shipment-out-for-delivery-preview = { $seller }からのお荷物を配達中です。
mail-shipment-out-for-delivery-intro = お荷物の配達を開始しました。まもなくお届けいたします。
mail-shipment-delivered-subject = 【{ $seller }】お荷物のお届けが完了しました（注文番号 { $number }）
mail-shipment-delivered-preview = { $seller }からのお荷物のお届けが完了しました。
mail-shipment-delivered-intro = 配送会社より、お荷物のお届けが完了したとの連絡がありました。このたびはご利用いただき、誠にありがとうございました。
mail-shipment-failed-subject = 【{ $seller }】お荷物をお届けできませんでした（注文番号 { $number }）
mail-shipment-failed-preview = { $seller }からのお荷物をお届けできませんでした。
mail-shipment-failed-intro = 配送会社がお荷物をお届けできませんでした。お手数ですが、配送会社へ再配達をご依頼いただくか、お届け先をご確認ください。
mail-parcel-carrier = 配送会社
mail-parcel-tracking-number = 送り状番号
mail-parcel-track = お荷物の状況を見る
mail-parcel-delivery = お届け希望
mail-parcel-lines = お荷物の内容
mail-parcel-more = 残りの商品は、発送の際にあらためてメールでご案内いたします。
