help-first-steps = First steps into Portus
help-features = Explore all the features
help-faq = Frequently Asked Questions
help-configuring = Configuring Portus
help-api = API Documentation
