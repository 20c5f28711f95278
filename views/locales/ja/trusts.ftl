field-issuer = 発行者
field-audience = 宛先（audience）
field-claims = クレーム
field-scope = 範囲
field-namespaces = 名前空間
trusts-title = 信頼するジョブ
trusts-of = { $name } が信頼するジョブ
trusts-about = CI システムのジョブは、システムから渡される ID トークンでこのボットとして入ります。秘密の値はどこにも保存されません。
trusts-off = ジョブは入れません。workload_identity.enabled が無効です。
trusts-link = { $n ->
    [0] 信頼するジョブなし
   *[other] 信頼するジョブ { $n } 件
}
trusts-list = 入れるジョブ
trusts-whose = 誰のジョブか
trusts-for = 宛先 { $name }
trusts-reach = できること
trusts-used = 最終使用
trusts-unused = 未使用
trusts-since = 登録
trusts-namespaces-gone = 何もできません。名前空間が削除されています
trusts-remove = { $name } の信頼をやめる
trusts-remove-question = 次の要求から、これで入れるジョブはなくなります。
trusts-none = このボットとして入れるジョブはありません
trusts-none-text = 誰のトークンで入れるかを下で指定すれば、CI システムにトークンを置く必要がなくなります。
trusts-new = ジョブを信頼する
trusts-create = このジョブを信頼する
trusts-most = これ以上は追加できません。先に一つ削除してください。
trusts-name-placeholder = 用途
trusts-issuer-hint = トークンの「iss」です。鍵はここから取得します。
trusts-audience-hint = トークンの「aud」です。ほかで使われていない値を選んでください。
trusts-claims-hint = 一行に一つ、名前=パターンの形で書きます。パターンは値全体に一致する正規表現で、すべてが一致しなければなりません。
trusts-scope-hint = ボット自身の権限を超えることはありません。
trusts-namespaces-hint = 使える名前空間をコンマで区切って書きます。空欄ならボットが届くすべてです。
trust-scope-push = イメージの取得とプッシュ
trust-scope-pull = イメージの取得
trust-scope-read = イメージの取得と API の閲覧
trust-scope-full = 一つの名前空間でのすべて
trust-created = ジョブを「{ $name }」として信頼しました
trust-removed = 「{ $name }」の信頼を取り消しました
said-is-not-a-url = URL ではありません
said-is-not-the-url-of-an-issuer = 発行者の URL ではありません
said-is-none-of-workload-identity-issuers = workload_identity.issuers にありません
said-is-at-an-address-where-issuers-may-not-be-an-admin-can-allow-it-with-workload-identity-allow-private-or-workload-identity-allow-hosts = 発行者を置けないアドレスです（管理者は workload_identity.allow_private か workload_identity.allow_hosts で許可できます）
said-must-be-https = https でなければなりません
said-full-needs-exactly-one-namespace-to-which-it-is-limited = 「すべて」にするには、名前空間をちょうど一つ指定してください
said-must-not-be-more-than-one-where-the-scope-reaches-the-api = API に届く範囲では、一つしか指定できません
said-must-say-at-least-one-such-as-sub-repo-me-app-ref-refs-heads-main = 少なくとも一つ必要です（例: sub=repo:me/app:ref:refs/heads/main）
said-fit-every-job-of-that-issuer-say-whose-job-it-has-to-be = その発行者のすべてのジョブに一致します。誰のジョブかを指定してください
said-a-bot-cannot-trust-more-than-20-times = 信頼できるのは 20 件までです
