package scenario

import (
	"regexp"
	"strings"
	"testing"
)

// TestVariants plays the story with something left out: what does not happen is
// noticed at its time, and not before.
func TestVariants(t *testing.T) {
	for name, c := range map[string]struct {
		without string            // how lines begin that are left out
		add     map[string]string // new lines, before the one that begins so
	}{
		"nobody tries the rotation again": {`(39|40) `, map[string]string{
			"# --- 13 November": "40v 16:04:09 clock wait -> OK\n40v 16:04:10 clock wait -> OK; AL-06 med\n",
		}},
		"nobody attests that the notice arrived": {`18 `, map[string]string{
			"23  14:20:00": "18v 14:17:10 clock wait -> OK\n18v 14:17:11 clock wait -> OK; AL-10 high\n",
			// The run lacks what its workflow expects, too: that is the same alert.
			"# --- 11 November": "18v 15:02:20 clock wait -> OK\n",
		}},
		"the access is taken back in time": {`33 +13:(35|40)`, map[string]string{
			"33  13:34:59": `33v 13:29:00 wl/pam done R3b remove-role seq=2 tool=pam.remove target=prod-claims-db privilege=admin changes=prod-claims-db:admin-role:none -> OK
33v 13:29:10 wl/pam outcome R3b success -> OK
`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			text := leaveOut(t, Text(), regexp.MustCompile(`^`+c.without))
			for before, lines := range c.add {
				if strings.Count(text, "\n"+before) != 1 {
					t.Fatalf("%q does not begin one line", before)
				}
				text = strings.Replace(text, "\n"+before, "\n"+lines+before, 1)
			}
			s, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			playOn(t, s, memory(), nil)
		})
	}
}

// leaveOut leaves out lines, and those that go on with them.
func leaveOut(t *testing.T, text string, lines *regexp.Regexp) string {
	t.Helper()
	var kept strings.Builder
	out := false
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") {
			out = lines.MatchString(line)
		}
		if !out {
			kept.WriteString(line)
		}
	}
	if kept.Len() == len(text) {
		t.Fatalf("no line is %s", lines)
	}
	return kept.String()
}
