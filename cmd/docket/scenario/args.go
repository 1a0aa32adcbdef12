package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// args are the named words of a line: name=value.
type args map[string]string

// A sort is what the value of a named word must look like.
type sort string

// The sorts of values. Lists are separated by commas.
const (
	sortText     sort = "text"
	sortList     sort = "list"
	sortNumber   sort = "number"
	sortDuration sort = "duration" // such as 90s, 24h or 30d
	sortTime     sort = "time"     // 2026-11-11, 2026-11-11T13:03:00, or 13:03:00 of the line's day
	sortID       sort = "id"       // of an identity that is declared
	sortIDs      sort = "ids"
	sortFile     sort = "file"  // a sample file
	sortFiles    sort = "files" // slot:file
	sortFlow     sort = "flow"  // a workflow that is declared, such as notice-release@v3
	sortRef      sort = "ref"   // what an earlier line named with as=
	sortRefs     sort = "refs"
	sortName     sort = "name" // a new name
)

// split takes name=value words out of a line and returns the plain ones.
func split(words []string) (plain []string, named args, err error) {
	named = make(args)
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		switch {
		case !ok:
			plain = append(plain, w)
		case value == "":
			return nil, nil, fmt.Errorf("%s= has no value", name)
		case named[name] != "":
			return nil, nil, fmt.Errorf("%s= stands twice", name)
		default:
			named[name] = value
		}
	}
	return plain, named, nil
}

func (a args) has(name string) bool { return a[name] != "" }

// or is the value, or another one when there is none.
func (a args) or(name, otherwise string) string {
	if a.has(name) {
		return a[name]
	}
	return otherwise
}

// list is never nil.
func (a args) list(name string) []string {
	if !a.has(name) {
		return []string{}
	}
	return strings.Split(a[name], ",")
}

// number was checked when the text was read.
func (a args) number(name string, otherwise uint32) uint32 {
	n, err := strconv.ParseUint(a[name], 10, 32)
	if err != nil {
		return otherwise
	}
	return uint32(n)
}

// duration was checked when the text was read.
func (a args) duration(name string, otherwise time.Duration) time.Duration {
	d, err := parseDuration(a[name])
	if err != nil {
		return otherwise
	}
	return d
}

func (a args) seconds(name string, otherwise time.Duration) uint32 {
	return uint32(a.duration(name, otherwise) / time.Second)
}

// time was checked when the text was read; 0 when there is none.
func (a args) time(name string, day time.Time) int64 {
	t, err := parseTime(a[name], day)
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}

// parseDuration reads a duration of whole seconds; d is 24 hours.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(s)
	if err == nil && (d < time.Second || d%time.Second != 0 || d > 1<<31*time.Second) {
		return 0, fmt.Errorf("want whole seconds")
	}
	return d, err
}

// parseTime reads a time of a day, UTC.
func parseTime(s string, day time.Time) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	t, err := time.Parse("15:04:05", s)
	return day.Truncate(24 * time.Hour).Add(t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))), err
}

// check says what is wrong with a value. defined are the names that lines before
// this one gave.
func (s *Story) check(value string, as sort, defined []string) error {
	switch as {
	case sortNumber:
		_, err := strconv.ParseUint(value, 10, 32)
		return err
	case sortDuration:
		_, err := parseDuration(value)
		return err
	case sortTime:
		_, err := parseTime(value, time.Time{})
		return err
	case sortName:
		return s.checkName(value, defined)
	case sortFile:
		return checkFile(value)
	case sortFlow:
		return s.checkDeclared("workflow", value)
	case sortID:
		return s.checkDeclared("identity", value)
	case sortRef:
		return checkRef(value, defined)
	}
	return s.checkList(strings.Split(value, ","), as, defined)
}

// checkList checks a list by its elements.
func (s *Story) checkList(values []string, as sort, defined []string) error {
	for i, v := range values {
		var err error
		switch as {
		case sortIDs:
			err = s.checkDeclared("identity", v)
		case sortRefs:
			err = checkRef(v, defined)
		case sortFiles:
			slot, file, ok := strings.Cut(v, ":")
			if !ok || slot == "" {
				err = fmt.Errorf("want slot:file, not %s", v)
			} else {
				err = checkFile(file)
			}
		}
		switch {
		case err != nil:
			return err
		case as != sortText && v == "":
			return fmt.Errorf("an element of the list is empty")
		case as != sortText && slices.Contains(values[:i], v):
			return fmt.Errorf("%s stands twice", v)
		}
	}
	return nil
}

func (s *Story) checkDeclared(kind, name string) error {
	if _, ok := s.declared(kind, name); !ok {
		return fmt.Errorf("%s %s is not declared", kind, name)
	}
	return nil
}

func (s *Story) checkName(name string, defined []string) error {
	if slices.Contains(defined, name) {
		return fmt.Errorf("%s is named already", name)
	}
	if !statement.ValidID(name) {
		return fmt.Errorf("%s is no name", name)
	}
	return nil
}

func checkRef(name string, defined []string) error {
	if !slices.Contains(defined, name) {
		return fmt.Errorf("no line before this one is named %s", name)
	}
	return nil
}

// checkFile: a file is a token; one that ends in ~ is the same with one byte changed.
func checkFile(name string) error {
	if !statement.ValidID(strings.TrimSuffix(name, "~")) {
		return fmt.Errorf("%s is no name of a sample file", name)
	}
	return nil
}
