help-first-steps = 入门
help-features = 功能介绍
help-faq = 常见问题
help-configuring = 配置
help-api = API 文档
