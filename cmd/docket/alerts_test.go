package main

import (
	"encoding/json"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// alerted waits until a log has so many alerts.
func alerted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: alerted DIR N")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	waitFor(ts, "the alerts did not come", func() bool {
		ts.Check(ts.Exec("docket", "alerts", "list", "--all", "--json", "--dir", args[0]))
		var list struct {
			Alerts []struct{ Alert string }
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &list))
		n := len(list.Alerts)
		if n > want {
			ts.Fatalf("%d alerts, want %d", n, want)
		}
		if n > 0 {
			ts.Setenv("ALERT", list.Alerts[n-1].Alert)
		}
		return n == want
	})
}
