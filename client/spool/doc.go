// Package spool keeps signed evidence until the log has it. Evidence is written,
// with fsync, before it is sent: a crash or a log that is out of reach loses
// nothing, and the same bytes are sent again, never signed a second time.
//
//	s, err := spool.Open(dir)
//	record, err := s.Put(ctx, envelope)          // durable when it returns
//	receipt, err := s.Send(ctx, c, record)       // or later: s.Flush(ctx, c, ...)
//
// Each statement of one identity has a number, from 1 on without a gap. What is
// missing is reported: as a gap where a number is missing, as torn where the file
// has bytes that are no record. Neither is ever passed over in silence.
//
// Authority is never late, so Put takes evidence alone: step.done, outcome.close,
// attest.observe and findings.
//
// The folder holds
//
//	records    one line for each statement, and one for what became of it
//	numbers    the next number of each identity, reserved before a record is written
//	refused/   statements that the log refused for good, as sent
//	torn/      bytes of records that could not be read, as found
//	lock       held by who changes the files
//	sending    held by who flushes
//
// The files hold statements in clear and are readable by their owner alone. They do
// not hold keys.
package spool
