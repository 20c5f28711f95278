field-issuer = 颁发者
field-audience = 受众（audience）
field-claims = 声明
field-scope = 范围
field-namespaces = 命名空间
trusts-title = 受信任的作业
trusts-of = { $name } 信任的作业
trusts-about = CI 系统的作业凭系统签发的 ID 令牌以该机器人的身份进入，任何地方都不保存密钥。
trusts-off = 作业无法进入：workload_identity.enabled 已关闭。
trusts-link = { $n ->
    [0] 没有受信任的作业
   *[other] { $n } 类受信任的作业
}
trusts-list = 哪些作业可以进入
trusts-whose = 来自谁
trusts-for = 受众为 { $name }
trusts-reach = 可以做什么
trusts-used = 最近使用
trusts-unused = 从未
trusts-since = 添加于
trusts-namespaces-gone = 什么都不能做：其命名空间已不存在
trusts-remove = 不再信任 { $name }
trusts-remove-question = 从下一个请求起，再没有作业能凭它进入。
trusts-none = 没有作业以该机器人的身份进入
trusts-none-text = 在下面说明谁的令牌可以打开它，CI 系统中就无需保存令牌。
trusts-new = 信任作业
trusts-create = 信任这些作业
trusts-most = 不能再添加了，请先删除一项。
trusts-name-placeholder = 用途
trusts-issuer-hint = 令牌中的“iss”，密钥向它获取。
trusts-audience-hint = 令牌中的“aud”：选一个别处不会接受的值。
trusts-claims-hint = 每行一项，格式为 名称=模式。模式是匹配整个值的正则表达式，必须全部匹配。
trusts-scope-hint = 绝不会超出机器人自身的权限。
trusts-namespaces-hint = 仅可用于这些命名空间，以逗号分隔。留空表示机器人能触及的全部。
trust-scope-push = 拉取和推送镜像
trust-scope-pull = 拉取镜像
trust-scope-read = 拉取镜像并查看 API
trust-scope-full = 在一个命名空间内的一切
trust-created = 已将作业作为“{ $name }”信任
trust-removed = 已取消信任“{ $name }”
said-is-not-a-url = 不是 URL
said-is-not-the-url-of-an-issuer = 不是颁发者的 URL
said-is-none-of-workload-identity-issuers = 不在 workload_identity.issuers 之列
said-is-at-an-address-where-issuers-may-not-be-an-admin-can-allow-it-with-workload-identity-allow-private-or-workload-identity-allow-hosts = 位于不允许颁发者使用的地址（管理员可用 workload_identity.allow_private 或 workload_identity.allow_hosts 放行）
said-must-be-https = 必须是 https
said-full-needs-exactly-one-namespace-to-which-it-is-limited = “一切”需要恰好指定一个命名空间
said-must-not-be-more-than-one-where-the-scope-reaches-the-api = 当范围涉及 API 时只能指定一个
said-must-say-at-least-one-such-as-sub-repo-me-app-ref-refs-heads-main = 至少需要一项，例如 sub=repo:me/app:ref:refs/heads/main
said-fit-every-job-of-that-issuer-say-whose-job-it-has-to-be = 匹配该颁发者的所有作业：请说明必须是谁的作业
said-a-bot-cannot-trust-more-than-20-times = 机器人最多信任 20 项
