# Messages of error codes.

error-not-found = 見つかりませんでした。
error-unauthenticated = サインインしてください。
error-forbidden = この操作を行う権限がありません。
error-throttled = 試行回数が多すぎます。{ $seconds } 秒後にもう一度お試しください。
error-busy = ただいま混み合っています。もう一度お試しください。
error-internal = サーバーで問題が発生しました。
error-required = { $problem ->
    [choice] 選択してください。
    [units] 返品する商品の数を、1点以上入力してください。
   *[other] 入力してください。
}
error-invalid = 値の形式が正しくありません。
error-invalid-text = 使用できない文字が含まれています。
error-text-too-long = { $max } 文字以内で入力してください。
error-contrast-too-low = この色の上では文字が読みにくくなります。コントラスト比は { $contrast }：1 ですが、4.5：1 以上が必要です。
error-template-invalid = { $problem ->
    [unknown-variable] { $line } 行目：このメッセージにはその値がありません（{ $detail }）。
    [syntax] { $line } 行目：{ $detail }
    [block] { $line } 行目：{ $detail } は使えません。使えるのは if、for、include だけです。
    [operator] { $line } 行目：式の中で { $detail } は使えません。値は続けて書いてください。
    [too-long] { $line } 行目：式が { $detail } バイトを超えています。
    [mjml] MJML を読み取れません：{ $detail }
    [markup] メッセージでは { $detail } は使えません。
    [one-line] 件名は 1 行にしてください。
    [control] 表示できない文字が含まれています。
    [empty] 何も入力されていません。
    [too-large] 長すぎます：{ $detail }
    [too-expensive] 処理に時間がかかりすぎます。
    [no-preferences-link] 配信停止のリンク（links.preferences）がありません。
    [no-cancel-link] 解除のリンク（mail.cancel）がありません。
    [no-code] コードがありません。コードのないメッセージはご利用になれません。
   *[other] 使用できません。
}
error-too-many = { $problem ->
    [pictures] 写真は1つの商品につき { $max } 枚までです。
    [pictures-in-all] 写真は全部で { $max } 枚までです。
   *[other] 件数が多すぎます（上限 { $max } 件）。
}
error-invalid-id = ID の形式が正しくありません。
error-invalid-quantity = 数量が正しくありません。
error-not-returnable = { $reason ->
    [NOT_FULFILLED] この商品はまだお客様のお手元に届いていません。
    [ALREADY_RETURNED] この商品はすでに返品済み、または返品の手続き中です。
    [FINAL_SALE] この商品は返品対象外です。
    [WINDOW_OVER] この商品の返品期限は過ぎています。
    [USED] 使用済みの商品は返品できません。
    [METHOD_NOT_OFFERED] この商品はこの方法では返品できません。
   *[other] この商品は返品できません。
}
error-returns-not-accepted = この店舗では返品を受け付けていません。
error-photo-required = 写真を添付してください。
error-return-limit-reached = レシートなしの返品が30日間の上限に達しています。
error-already-answered = すでにご回答いただいています。ありがとうございました。
error-not-reviewable = この商品のレビューは投稿できません。お届け前か、キャンセルまたは返品された商品です。
error-already-reviewed = この商品のレビューはすでに投稿されています。
error-invalid-amount = 金額が正しくありません。
error-currency-mismatch = 通貨が一致しません。
error-invalid-email = メールアドレスが正しくありません。
error-invalid-phone = 電話番号が正しくありません。
error-invalid-barcode = バーコードの桁数またはチェックデジットが正しくありません。
error-invalid-date = 存在しない日付または時刻です。
error-invalid-locale = 言語の指定が正しくありません。
error-invalid-country = 国コードが正しくありません。
error-invalid-postal-code = 郵便番号が正しくありません。
error-invalid-metadata = メタデータが正しくありません。
error-invalid-cursor = カーソルがこの一覧のものではありません。
error-invalid-file = { $problem ->
    [picture-type] 写真として読み取れません。{ $detail } の写真をお選びください。
    [picture-size] 写真が大きすぎます。1枚 { $max } MB までの写真をお選びください。
   *[other] ファイルを読み取れません。
}
error-address-incomplete = 住所に足りない項目があります：{ $parts }
error-weak-password = パスワードが短すぎるか、推測されやすいものです。
error-invalid-credentials = メールアドレス、パスワード、またはコードが正しくありません。
error-invalid-code = { $problem ->
    [gift-card] このコードのギフトカードは見つかりません。コードをもう一度お確かめください。
   *[other] コードまたはリンクが正しくないか、期限が切れています。
}
error-session-expired = セッションの期限が切れました。もう一度サインインしてください。
error-already-exists = すでに使われています。
error-in-use = ほかで使用されているため変更できません。
error-invalid-transition = 現在の状態（{ $from }）ではこの操作はできません。
error-stale-version = ほかの人が変更しました。読み込み直してください。
error-stock-changed = 在庫数が変わっています（現在 { $actual }）。読み込み直してください。
error-unit-numbers-required = 出庫する商品のシリアル番号またはロット番号を入力してください。
error-not-in-count = この棚卸（または今回の計数）の対象ではない商品です。
error-count-incomplete = 在庫があるはずの商品のうち { $count } 点がまだ数えられていません。
error-count-unsettled = { $count } 点の商品は計数中に在庫が動きました。もう一度数えてください。
error-counted-by-yourself = ご自身で数えた棚卸は、ほかの担当者が承認してください。
error-insufficient-stock = 在庫が足りません（ご希望 { $requested }、在庫 { $available }）。
error-price-changed = 合計金額が { $expected } から { $actual } に変わりました。
error-not-for-sale = この販売チャネルでは取り扱っていません。
error-cart-empty = カートに商品がありません。
error-cart-closed = このカートはすでに注文済みです。
error-contact-required = メールアドレスまたは電話番号を入力してください。
error-shipping-address-required = お届け先を入力してください。
error-shipping-method-required = 配送方法を選んでください。
error-shipping-method-unavailable = この配送方法はご利用いただけません。
error-pickup-unavailable = この店舗では受け取れません。
error-pickup-work = 店舗受け取りの商品です。受け取りの操作を行ってください。
error-unpack-first = 梱包済みの商品があります。先に梱包を解いてください。
error-not-in-work = この作業に含まれない商品です。
error-parcel-mismatch = 一つの荷物にまとめられるのは、同じ拠点から同じお届け先への商品だけです。
error-nothing-to-pick = ピッキングする商品が残っていません。
error-pick-incomplete = 未処理の商品がリストに残っています。
error-rejected-there = この拠点では以前に対応できませんでした。
error-already-dispatched = すでに発送された商品があります。
error-carry-out-only-at-till = お持ち帰りは店頭のレジでのみ承ります。
error-payment-mismatch = お支払い額が合計（{ $total }）と一致しません。
error-refund-mismatch = { $problem ->
    [difference] 差額が変わりました。もう一度確認してください。
   *[other] 返金額が変わりました。もう一度確認してください。
}
error-payment-declined = お支払いが承認されませんでした。
error-payment-unavailable = 決済サービスが応答しませんでした。請求は行われていません。
error-gateway-unavailable = このお支払い方法はご利用いただけません。
error-code-not-accepted = このコードはご利用いただけません。
error-code-expired = このコードは有効期間外です。
error-code-used-up = このコードは利用上限に達しました。
error-code-not-applicable = このコードは現在の商品またはお客様には適用できません。
error-tax-rate-missing = この商品の税率が登録されていません。
error-idempotency-key-reused = 同じキーが別の内容で使われています。
error-idempotency-in-progress = 同じ操作を処理中です。
error-identifier-taken = すでに別のお客様が使用しています。
error-device-unknown = このレジは登録されていません。
error-demo-password-refused = デモ用のパスワードは使用できません。
error-invalid-bundle = セット商品の構成が正しくありません。
error-invalid-document = クエリーを実行できません。
error-too-complex = クエリーが大きすぎるか複雑すぎます。
error-persisted-query-not-found = 登録されていないクエリーです。
error-untrusted-document = 許可されたクエリーのみ実行できます。
error-provider = 外部サービスが応答しませんでした。
error-delivery-time-unavailable = ご希望のお届け日・時間帯は指定できません。別の日時をお選びください。
error-invalid-tracking-number = この配送会社の送り状番号ではありません。番号をお確かめください。
error-register-session-required = このレジは開設されていません。販売の前にレジを開設してください。
error-register-session-open = このレジはすでに開設されています。
error-insufficient-cash = ドロアの現金が足りません。
error-approval-required = 権限のある別の担当者の承認が必要です。
error-insufficient-balance = 残高が足りません。ご利用可能額は { $available } です。
error-gift-card-unusable = このギフトカードはご利用いただけません。入金前、停止中、または有効期限切れです。
error-gift-card-used = このギフトカードは使用済みのため、取り消せません。
error-sms-unavailable = この店舗では SMS をお送りできません。
error-invalid-flow = { $problem ->
    [object] ここにはオブジェクトが必要です。
    [list] ここにはリストが必要です。
    [too-long] 長すぎます。
    [too-many] リストの件数が多すぎます。
    [missing] { $detail } がありません。
    [unknown-field] この項目はありません。
    [unknown-word] { $detail } はここでは使えません。
    [unreadable] 読み取れません：{ $detail }
    [built-in] このフローは標準のもので、オン・オフの切り替えだけができます。
    [no-steps] ステップが 1 つ以上必要です。
    [step-name] ステップの名前には英小文字、数字、「-」、「_」を 1～40 文字で指定してください。
    [name-taken] 同じ名前のステップがあります。
    [no-later-step] これより後に { $detail } という名前のステップはありません。
    [range] { $detail } の範囲で指定してください。
    [event-count] イベントを 1～10 件指定してください。
    [unknown-event] このイベントはフローでは使えません。
    [not-seen] OPENED または CLICKED を指定してください。
    [span] 1 分～400 日の範囲で指定してください。
    [time-of-day] 10:00 のような時刻を指定してください。
    [unknown-survey] このコードのアンケートはありません。
    [survey-unfit] アンケートへ案内できるのは engaged のメッセージだけです。種類が SURVEY のステップを使ってください。
    [url] https で始まる通常のアドレスを指定してください。
    [mail-only] このメッセージは EMAIL でのみ送れます。
    [channel] EMAIL、LINE、SMS のいずれかを指定してください。
    [group-count] グループは 10 件までです。
    [groups-differ] 1 つのフローのグループは、すべてのステップで同じにしてください。
    [group-name] グループには 20 文字以内で、ほかと異なる名前を付けてください。
    [survey-step] アンケートは種類が SURVEY のステップで送ってください。
    [unknown-message] フローで送れるメッセージではありません。
    [message-unfit] このフローの開始条件では、このメッセージに必要な情報がありません。
    [total] 通貨と金額の範囲を指定してください。
    [locales] ja のような言語タグを指定してください。
    [countries] JP のような国コードを指定してください。
    [nothing-sent] この時点ではまだ何も送っていません。
    [unknown-code] このコードはありません。
   *[other] このフローは実行できません。
}
error-consent-wording-missing = 先に同意文言を登録してください。どのチャネルにも同意文言がありません。
