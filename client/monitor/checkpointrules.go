package monitor

// ofCheckpoints has a sentence for what a watch over checkpoints tells, see package
// client/watch: rules of docs/spec/alerts.md that no entry of a log shows.
var ofCheckpoints = map[string]string{
	"AL-15/fork":       "the log signed two histories: the evidence convicts it",
	"AL-15/rewrite":    "the log signed registers that exclude each other: a version was hidden, or a history was rewritten",
	"AL-15/falseTime":  "a seal's time is not what the log's own seals, or a quorum of witnesses, bear out",
	"AL-15/seal":       "the log signed a tree that does not end in the seal that belongs there",
	"AL-15/leaf":       "the log signed an entry or a seal that its rules forbid",
	"AL-15/otherLog":   "a checkpoint is of another log than the pinned one, or of nobody",
	"AL-15/rollback":   "an older state is shown than before",
	"AL-15/unproven":   "a signed checkpoint is not shown to be of one history with the others",
	"AL-15/clock":      "a seal's time is not what this monitor's clock bears out",
	"AL-15/quorum":     "fewer cosigners than the policy demands signed the newest checkpoint in time",
	"AL-15/ahead":      "a witness holds a larger tree than this log has signed: nothing more is signed",
	"AL-15/disputed":   "a witness says that it holds another history of this log",
	"AL-15/keyRefused": "a witness knows this log under another key",
	"AL-16/silent":     "a source gave no usable answer for too long",
	"AL-16/stale":      "nothing shows that the log is alive: its newest seal and cosignatures are too old",
	"AL-16/behind":     "the log shows this monitor an older state than it shows others",
	"AL-16/withheld":   "the log does not show what its checkpoint implies",

	"WATCH/released":  "a new version of a watched document",
	"WATCH/withdrawn": "a watched document was withdrawn",
	"WATCH/identity":  "a watched identity changed",
	"WATCH/activity":  "a watched identity signed a statement",
}
