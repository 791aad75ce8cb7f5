# What staff read when an answer alarms.
mail-survey-alert-subject = { $seller }: a survey answer needs your attention
mail-survey-alert-preview = An answer matches one of your alert rules.
mail-survey-alert-intro = A customer has answered a survey, and the answer matches one of your alert rules.
mail-survey-alert-rule = Rule
mail-survey-alert-survey = Survey
mail-survey-alert-score = Score
mail-survey-alert-words = Words that matched
mail-survey-alert-where = You find the comments of the customer in the list of answers. They are not in this message because they may contain personal data.
