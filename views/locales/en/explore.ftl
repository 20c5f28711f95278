explore-title = Explore
explore-text = Images that anybody may pull.
explore-back = Go back to the login page
explore-repository = Repository
explore-search = Search
explore-updated = Updated
explore-found = { $n ->
    [one] { $n } repository was found
   *[other] { $n } repositories were found
}
explore-none = Your search did not match any repositories.
explore-nothing = Nothing is public here yet
explore-nothing-text = Owners make a namespace public to show it to everybody.
explore-order = In the order of:
explore-order-name = name
explore-order-updated_at = last change
