package main

// openFiles: Windows has no bound to go by.
func openFiles() (files uint64, ok bool) { return 0, false }
