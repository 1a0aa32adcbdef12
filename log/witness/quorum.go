package witness

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/docketlog/docket/proofs"
)

// remotes are the witnesses of a policy that can be asked: those in its quorum, one
// for each URL. It refuses a policy that cannot be met so.
func remotes(p *proofs.Policy, c *http.Client, now func() time.Time) ([]*Remote, error) {
	if p.Quorum == proofs.NoQuorum {
		return nil, errors.New("the policy says quorum none: there is nobody to ask")
	}
	var all []*Remote
	byURL := make(map[string]*Remote)
	times, asked := make([]int64, len(p.Witnesses)), make([]bool, len(p.Witnesses))
	for i, w := range p.Witnesses {
		if w.URL == "" {
			continue // cosigns by another way, or not at all
		}
		if u, err := url.Parse(w.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("witness %q: %q is no http or https URL of a host, without query", w.Name, w.URL)
		}
		r := byURL[w.URL]
		if r == nil {
			r = &Remote{URL: w.URL, HTTP: c, Now: now}
			byURL[w.URL] = r
			all = append(all, r)
		}
		r.Keys = append(r.Keys, w.Key)
		times[i], asked[i] = 1, true
	}
	if _, met := p.EarliestQuorum(times); !met {
		return nil, errors.New("the witnesses with a URL do not make the quorum: name the URLs of more of them")
	}
	if !p.Blocks(asked) { // else a start would ask for ever
		return nil, errors.New("those without a URL make a quorum by themselves, so nobody who can be asked knows that nothing newer was cosigned: name the URLs of more witnesses")
	}
	return all, nil
}
