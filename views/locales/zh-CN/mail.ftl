mail-reset-subject = 重置密码说明
mail-reset-greeting = 您好，{ $email }！
mail-reset-asked = 有人请求了用于更改账户 { $username } 密码的链接。
mail-reset-action = 更改我的密码
mail-reset-lasts = 该链接在 { $hours } 小时内有效，且只能使用一次。
mail-reset-ignore = 如果这不是您本人的请求，请忽略此邮件。在您打开链接并设置新密码之前，您的密码不会改变。
