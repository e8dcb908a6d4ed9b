"""`extract ui`: a web app on loopback that shows runs, tables, plans and configs. It writes nothing."""
