help-first-steps = はじめに
help-features = 機能の紹介
help-faq = よくある質問
help-configuring = 設定
help-api = API ドキュメント
