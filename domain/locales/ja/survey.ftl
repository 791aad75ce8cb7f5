# 回答がアラート条件に一致したときに担当者が受け取るメール
mail-survey-alert-subject = 【{ $seller }】アンケートの回答をご確認ください
mail-survey-alert-preview = アラート条件に一致する回答がありました。
mail-survey-alert-intro = アンケートに回答があり、登録されているアラート条件に一致しました。
mail-survey-alert-rule = アラート
mail-survey-alert-survey = アンケート
mail-survey-alert-score = 評価
mail-survey-alert-words = 一致した言葉
mail-survey-alert-where = お客様のコメントは管理画面の回答一覧でご確認ください。個人情報が含まれる可能性があるため、このメールには記載していません。
