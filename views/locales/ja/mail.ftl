mail-reset-subject = パスワード再設定のご案内
mail-reset-greeting = { $email } 様
mail-reset-asked = アカウント { $username } のパスワードを変更するためのリンクが要求されました。
mail-reset-action = パスワードを変更する
mail-reset-lasts = このリンクは { $hours } 時間以内に一度だけ使えます。
mail-reset-ignore = お心当たりがない場合は、このメールを無視してください。リンクを開いて新しいパスワードを設定するまで、パスワードは変わりません。
