package main

import "os"

// forwarded are the signals that go on to the command that is run: Windows has none to
// send, and a console tells both.
func forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

// hasAlready says that the command got a signal too.
func hasAlready(os.Signal) bool { return true }

// codeOf is the exit code of a process.
func codeOf(p *os.ProcessState) int { return p.ExitCode() }
