package audit

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

//go:embed report.html
var reportHTML string

// A row is a name with a number.
type row struct {
	Name  string
	Count string
}

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"n":      func(n uint64) string { return grouped(n) },
	"time":   timeText,
	"span":   func(ms int64) string { return (time.Duration(ms) * time.Millisecond).Round(time.Millisecond).String() },
	"base64": base64.StdEncoding.EncodeToString,
	"rows": func(counts map[string]uint64) []row {
		var list []row
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			list = append(list, row{name, grouped(counts[name])})
		}
		return list
	},
	"more": func(all uint64, listed int) uint64 { return all - min(all, uint64(listed)) },
	"refusals": func(codes map[string]uint64) (all uint64) {
		for _, n := range codes {
			all += n
		}
		return all
	},
	"posix": func(seconds int64) string { return timeText(seconds * 1000) },
	"place": func(d Divergence) string {
		if d.Class == ClassHistory {
			return "the log"
		}
		return fmt.Sprintf("entry %s", grouped(d.Index))
	},
}).Parse(reportHTML))

func timeText(ms int64) string {
	if ms == 0 {
		return "never"
	}
	return statement.FormatTime(ms)
}

// HTML is the report as one page: no scripts, nothing loaded, fit to be printed.
// Whatever stands in the log stands in it as text.
func (r *Report) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := reportTemplate.Execute(&b, r); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
