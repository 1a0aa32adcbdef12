package server

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
)

// An operation is what the description says of a route.
type operation struct {
	id, tag, summary, text string
	path                   []param
	query                  []param // no others are taken, if there are any
	body                   []reply // the media types that it takes; status is 0
	replies                []reply
	codes                  []string       // of the problems, but for those that any route may have
	under                  map[string]int // codes that stand here under another status than theirs
}

// A param is a parameter in the path or in the query.
type param struct {
	name, text string
	schema     huma.Schema
	example    any
}

// A reply is a body in one media type.
type reply struct {
	status  int
	media   string
	text    string
	schema  func(huma.Registry) *huma.Schema // nil: bytes
	example any
	headers map[string]string // name -> what it says
}

// jsonReply is an answer with status 200 that encoding/json makes of a T.
func jsonReply[T any](text string) reply {
	return reply{status: http.StatusOK, media: "application/json", text: text, schema: schemaOf[T]}
}

func schemaOf[T any](r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, "") }

// checkQuery holds a request to the parameters that the description names: a
// parameter that is unknown or stands twice is refused, not ignored. Routes
// without parameters ignore their query: a cache may add one.
func (o *operation) checkQuery(r *http.Request) error {
	if len(o.query) == 0 || r.URL.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem("query", "", "the query is not a list of name=value joined by '&'")
	}
	for name, list := range values {
		if !slices.ContainsFunc(o.query, func(p param) bool { return p.name == name }) {
			return problem("query", "", "this resource takes the parameters "+o.names()+" only")
		}
		if len(list) != 1 {
			return problem("query", name, "the parameter stands more than once")
		}
	}
	return nil
}

func (o *operation) names() string {
	names := make([]string, len(o.query))
	for i, p := range o.query {
		names[i] = p.name
	}
	return strings.Join(names, ", ")
}

const apiText = "Every error is a problem document (RFC 9457) with a stable `code`. All hashes and digests in paths are 64 lower-case hex digits. " +
	"GET stands for HEAD too. All answers come from one published view of the log: what is newer than the published size is 404."

// describe makes the description of the API in YAML.
func describe(l *log.Log, routes []route) []byte {
	api := openAPI(l, routes)
	out, err := api.YAML()
	if err != nil {
		panic(err) // strings and numbers of this package
	}
	return out
}

func openAPI(l *log.Log, routes []route) *huma.OpenAPI {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	api := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "docket, log " + l.Origin(), Version: statement.Rules, Description: apiText},
		Components: &huma.Components{
			Schemas: registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {
				Type: "http", Scheme: "bearer", Description: "A token of the server's list. A server on the loopback may demand none.",
			}},
		},
	}
	for _, r := range routes {
		api.AddOperation(r.huma(registry))
		if tag := r.doc.tag; !slices.ContainsFunc(api.Tags, func(t *huma.Tag) bool { return t.Name == tag }) {
			api.Tags = append(api.Tags, &huma.Tag{Name: tag})
		}
	}
	return api
}

// path is the route's path as OpenAPI writes it.
func (r *route) path() string {
	path := strings.Replace(r.pattern, "...}", "}", 1)
	if strings.HasSuffix(path, "/") {
		path += "{path}"
	}
	return path
}

func (r *route) huma(registry huma.Registry) *huma.Operation {
	op := &huma.Operation{
		OperationID: r.doc.id, Method: r.method, Path: r.path(), Tags: []string{r.doc.tag},
		Summary: r.doc.summary, Description: r.doc.text, Responses: make(map[string]*huma.Response),
	}
	for _, p := range r.doc.path {
		op.Parameters = append(op.Parameters, p.huma("path"))
	}
	for _, p := range r.doc.query {
		op.Parameters = append(op.Parameters, p.huma("query"))
	}
	if len(r.doc.body) > 0 {
		op.RequestBody = &huma.RequestBody{Required: true, Content: make(map[string]*huma.MediaType)}
		for _, b := range r.doc.body {
			op.RequestBody.Content[b.media] = b.mediaType(registry)
		}
	}
	for _, a := range r.doc.replies {
		a.addTo(op, registry)
	}
	r.addProblems(op, registry)
	if r.access != public {
		op.Security = []map[string][]string{{"bearer": {}}}
	}
	return op
}

func (p *param) huma(in string) *huma.Param {
	schema := p.schema
	schema.PrecomputeMessages()
	return &huma.Param{Name: p.name, In: in, Required: in == "path", Description: p.text, Schema: &schema, Example: p.example}
}

func (a *reply) mediaType(registry huma.Registry) *huma.MediaType {
	if a.schema == nil {
		return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return &huma.MediaType{Schema: a.schema(registry), Example: a.example}
}

func (a *reply) addTo(op *huma.Operation, registry huma.Registry) {
	key := strconv.Itoa(a.status)
	r := op.Responses[key]
	if r == nil {
		r = &huma.Response{Description: a.text, Content: make(map[string]*huma.MediaType), Headers: make(map[string]*huma.Header)}
		op.Responses[key] = r
	}
	for name, text := range a.headers {
		r.Headers[name] = &huma.Header{Description: text, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	r.Content[a.media] = a.mediaType(registry)
}

// problemCodes are the codes of all problems that a route answers with.
func (r *route) problemCodes() []string {
	all := append([]string{"internal"}, r.doc.codes...)
	if r.access != public {
		all = append(all, "token", "scope", "off", "host")
	}
	if len(r.doc.query) > 0 {
		all = append(all, "query")
	}
	return all
}

// statusOf returns the status of a code on this route.
func (r *route) statusOf(code string) int {
	if status, ok := r.doc.under[code]; ok {
		return status
	}
	return statusOf(code)
}

func (r *route) addProblems(op *huma.Operation, registry huma.Registry) {
	byStatus := make(map[int][]string)
	for _, code := range r.problemCodes() {
		status := r.statusOf(code)
		byStatus[status] = append(byStatus[status], code)
	}
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		list := byStatus[status]
		slices.Sort(list)
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: "Codes: " + strings.Join(slices.Compact(list), ", ") + ".",
			Content: map[string]*huma.MediaType{"application/problem+json": {
				Schema: registry.Schema(reflect.TypeFor[Problem](), true, ""), Example: problemExample(list[0], status),
			}},
			Headers: problemHeaders(status),
		}
	}
}

func problemExample(code string, status int) any {
	p := (&Problem{Status: status, Code: code, Detail: "what is wrong, and what would be accepted"}).complete()
	return map[string]any{"type": p.Type, "title": p.Title, "status": p.Status, "code": p.Code, "detail": p.Detail}
}

func problemHeaders(status int) map[string]*huma.Header {
	name := map[int]string{
		http.StatusUnauthorized: "WWW-Authenticate", http.StatusTooManyRequests: "Retry-After", http.StatusServiceUnavailable: "Retry-After",
		http.StatusInsufficientStorage: "Retry-After",
	}[status]
	if name == "" {
		return nil
	}
	text := "Seconds after which to try again."
	if status == http.StatusUnauthorized {
		text = "Bearer"
	}
	return map[string]*huma.Header{name: {Description: text, Schema: &huma.Schema{Type: huma.TypeString}}}
}

// Parameters that several routes have.

func hexParam(name, text string) param {
	return param{name: name, text: text, schema: huma.Schema{Type: huma.TypeString, Pattern: "^[0-9a-f]{64}$"},
		example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
}

func numberParam(name, text string, example uint64) param {
	return param{name: name, text: text, example: example, schema: huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(float64)}}
}

func idParam(text, example string) param {
	return param{name: "id", text: text, schema: huma.Schema{Type: huma.TypeString}, example: example}
}

func textParam(name, text, example string) param {
	return param{name: name, text: text, schema: huma.Schema{Type: huma.TypeString}, example: example}
}

// limitParam is the number of items of a page.
func limitParam(most, usual int) param {
	low, high := 1.0, float64(most)
	return param{name: "limit", text: fmt.Sprintf("How many at most; %d if it is not given.", usual), example: usual,
		schema: huma.Schema{Type: huma.TypeInteger, Minimum: &low, Maximum: &high, Default: usual}}
}
