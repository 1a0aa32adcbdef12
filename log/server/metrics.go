package server

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/docketlog/docket/log"
)

// Metrics counts what a log and its server do, in a registry of its own:
//
//	docket_submissions_total{outcome}             statements: created, duplicate, or the code of the problem
//	docket_refusals_total{code,record}            statements refused, by code and what became of that: finding, known, code, unknown, limit, unsigned
//	docket_quarantine_statements                  refused statements that are kept
//	docket_quarantine_bytes                       of them
//	docket_quarantine_evicted_total               removed since they were the oldest
//	docket_quarantine_dropped_total               not kept: they came too fast, or could not be written
//	docket_batch_leaves                           leaves of a batch, its seal included
//	docket_batch_stage_seconds{stage}             wall time of admit, integrate, commit, recheck, sign
//	docket_published_size                         leaves that readers see
//	docket_seal_age_seconds                       since the newest seal
//	docket_stopped                                1 when the log signs nothing more
//	docket_queue_length                           submissions that wait for the writer
//	docket_submissions_in_progress                submissions that hold a place
//	docket_requests_in_progress                   requests of any kind
//	docket_request_seconds{route,status}          of answers, by route and class of status
//	docket_scrub_rounds_total                     times that all rows were read again
//	docket_scrub_findings_total                   findings that it told, up to 100 a round
//	docket_anchor_log_size                        the newest size on record in the second log
//	docket_anchor_log_failures_total              statements that did not come into the second log
//	docket_build_info{version,go}                 1
//
// and those of the Go runtime and the process. All labels have few values.
type Metrics struct {
	registry    *prometheus.Registry
	submissions *prometheus.CounterVec
	refusals    *prometheus.CounterVec
	requests    *prometheus.HistogramVec
	leaves      prometheus.Histogram
	stages      *prometheus.HistogramVec
	scrubs      prometheus.Counter
	findings    prometheus.Counter
	anchored    prometheus.Gauge
	unanchored  prometheus.Counter
	handler     http.Handler
}

// NewMetrics returns metrics for one log and one server. version names the build.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		submissions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "docket_submissions_total", Help: "Statements submitted, by outcome: created, duplicate, or the code of the problem.",
		}, []string{"outcome"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "docket_refusals_total", Help: "Statements refused, by code and by what became of the refusal.",
		}, []string{"code", "record"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "docket_request_seconds", Help: "Duration of requests, by route and class of status.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 10),
		}, []string{"route", "status"}),
		leaves: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "docket_batch_leaves", Help: "Leaves of a batch, its seal included.", Buckets: prometheus.ExponentialBuckets(2, 2, 11),
		}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "docket_batch_stage_seconds", Help: "Wall time of the stages of a batch.", Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}, []string{"stage"}),
		scrubs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "docket_scrub_rounds_total", Help: "Times that all rows of the store were read again.",
		}),
		findings: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "docket_scrub_findings_total", Help: "Findings told when rows were read again, up to 100 a round.",
		}),
		anchored: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "docket_anchor_log_size", Help: "The newest size of this log that is on record in the second log.",
		}),
		unanchored: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "docket_anchor_log_failures_total", Help: "Statements about this log's checkpoints that did not come into the second log.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "docket_build_info", Help: "The build, in its labels.", ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.submissions, m.refusals, m.requests, m.leaves, m.stages, m.scrubs, m.findings, m.anchored, m.unanchored, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range []string{"created", "duplicate"} {
		m.submissions.WithLabelValues(outcome) // 0 until there is one: rates begin there
	}
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

// Events returns events that count each batch and each refusal, then call next. They go into the
// configuration of the log.
func (m *Metrics) Events(next log.Events) log.Events {
	published := next.Published
	next.Published = func(b log.Batch) {
		m.batch(b)
		if published != nil {
			published(b)
		}
	}
	refused := next.Refused
	next.Refused = func(e log.RefusalEvent) {
		m.refused(e)
		if refused != nil {
			refused(e)
		}
	}
	return next
}

// refused counts a refusal. Codes are those of the rules, and few.
func (m *Metrics) refused(e log.RefusalEvent) {
	m.refusals.WithLabelValues(e.Code, string(e.Record)).Inc()
}

// AnchorLog tells of a statement to a second log: the newest size on record there, and
// why it did not grow, or nil.
func (m *Metrics) AnchorLog(size uint64, err error) {
	m.anchored.Set(float64(size))
	if err != nil {
		m.unanchored.Inc()
	}
}

// Scrubbed counts a round of the scrubber.
func (m *Metrics) Scrubbed() { m.scrubs.Inc() }

// FoundDamage counts a finding of the scrubber, when it is made: a round may take
// hours, or not come to its end.
func (m *Metrics) FoundDamage() { m.findings.Inc() }

func (m *Metrics) batch(b log.Batch) {
	m.leaves.Observe(float64(b.Leaves))
	for stage, took := range map[string]time.Duration{
		"admit": b.Admit, "integrate": b.Integrate, "commit": b.Commit, "recheck": b.Recheck, "sign": b.Sign,
	} {
		m.stages.WithLabelValues(stage).Observe(took.Seconds())
	}
}

// watch reads the state of a server each time that metrics are asked for.
func (m *Metrics) watch(s *Server) {
	gauge := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
	}
	counter := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
	}
	gauge("docket_published_size", "Leaves that readers see.", s.ofView(func(v *log.View) float64 { return float64(v.Size()) }))
	gauge("docket_seal_age_seconds", "Time since the newest seal.", s.ofView(func(v *log.View) float64 { return time.Since(v.Time()).Seconds() }))
	gauge("docket_stopped", "1 when the log stopped on a doubt.", func() float64 {
		if s.log.Err() != nil {
			return 1
		}
		return 0
	})
	gauge("docket_queue_length", "Submissions that wait for the writer.", func() float64 { return float64(s.log.Waiting()) })
	gauge("docket_submissions_in_progress", "Submissions that hold a place.", func() float64 {
		return float64(len(s.single) + len(s.batches) + len(s.finalSingles) + len(s.finalBatches))
	})
	gauge("docket_requests_in_progress", "Requests in progress.", func() float64 { return float64(s.flights.Load()) })
	if q := s.options.Quarantine; q != nil {
		gauge("docket_quarantine_statements", "Refused statements that are kept.", func() float64 { return float64(q.Stats().Files) })
		gauge("docket_quarantine_bytes", "Bytes of the refused statements that are kept.", func() float64 { return float64(q.Stats().Bytes) })
		counter("docket_quarantine_evicted_total", "Refused statements removed since they were the oldest.", func() float64 { return float64(q.Stats().Evicted) })
		counter("docket_quarantine_dropped_total", "Refused statements not kept: they came too fast, or could not be written.", func() float64 { return float64(q.Stats().Dropped) })
	}
}

// ofView reads a number from the published view; 0 once the log is closed.
func (s *Server) ofView(read func(*log.View) float64) func() float64 {
	return func() float64 {
		n, err := fromView(s, func(v *log.View) (float64, error) { return read(v), nil })
		if err != nil {
			return 0
		}
		return n
	}
}

// answered counts an answer. The route is a pattern of the mux, never a path.
func (m *Metrics) answered(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

func (m *Metrics) serve(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	m.handler.ServeHTTP(w, r)
	return nil
}
