mail-reset-subject = Reset password instructions
mail-reset-greeting = Hello { $email }!
mail-reset-asked = Someone has requested a link to change the password of the account { $username }.
mail-reset-action = Change my password
mail-reset-lasts = The link works once, for { $hours } hours.
mail-reset-ignore = If you did not request this, please ignore this message: your password stays as it is until you open the link and choose another.
