# What staff read when an answer alarms.
mail-survey-alert-subject = { $seller }: an answer to a survey needs you
mail-survey-alert-preview = A rule of yours holds for an answer.
mail-survey-alert-intro = A customer has just answered a survey, and a rule of yours holds for the answer.
mail-survey-alert-rule = Rule
mail-survey-alert-survey = Survey
mail-survey-alert-score = Score
mail-survey-alert-words = Words of the rule that were written
mail-survey-alert-where = What the customer wrote stands in the list of answers; it is not in this mail, because it may hold personal data.
