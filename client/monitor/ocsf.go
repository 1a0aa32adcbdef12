package monitor

import (
	"encoding/json"
	"fmt"
)

// ocsf is an event of the Open Cybersecurity Schema Framework 1.3.0, class
// Detection Finding. Times are unix milliseconds.
type ocsf struct {
	ActivityID   int          `json:"activity_id"` // 1 create
	ActivityName string       `json:"activity_name"`
	CategoryUID  int          `json:"category_uid"`
	CategoryName string       `json:"category_name"`
	ClassUID     int          `json:"class_uid"`
	ClassName    string       `json:"class_name"`
	TypeUID      int          `json:"type_uid"`
	Time         int64        `json:"time"`
	SeverityID   int          `json:"severity_id"`
	Severity     string       `json:"severity"`
	StatusID     int          `json:"status_id"` // 1 new
	Status       string       `json:"status"`
	Message      string       `json:"message"`
	Metadata     ocsfMetadata `json:"metadata"`
	Finding      ocsfFinding  `json:"finding_info"`
	Evidences    []ocsfData   `json:"evidences"`
	Unmapped     ocsfDocket   `json:"unmapped"`
}

type ocsfMetadata struct {
	Version string      `json:"version"`
	LogName string      `json:"log_name"`
	Product ocsfProduct `json:"product"`
}

type ocsfProduct struct {
	Name   string `json:"name"`
	Vendor string `json:"vendor_name"`
}

type ocsfFinding struct {
	UID       string       `json:"uid"` // the same for alerts that tell the same
	Title     string       `json:"title"`
	Desc      string       `json:"desc"`
	Types     []string     `json:"types"`
	Created   int64        `json:"created_time"`
	FirstSeen int64        `json:"first_seen_time"`
	Analytic  ocsfAnalytic `json:"analytic"`
}

type ocsfAnalytic struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	TypeID  int    `json:"type_id"` // 1 rule
	Type    string `json:"type"`
	Version string `json:"version"`
}

type ocsfData struct {
	Data ocsfStatement `json:"data"`
}

type ocsfStatement struct {
	Statement string `json:"statement"` // digest
}

type ocsfDocket struct {
	Origin   string `json:"origin"`
	Dedup    string `json:"dedup"`
	Index    uint64 `json:"index"` // of the first evidence
	Run      string `json:"run,omitempty"`
	Identity string `json:"identity,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

var severities = map[string]struct {
	id   int
	name string
}{Info: {1, "Informational"}, Low: {2, "Low"}, Med: {3, "Medium"}, High: {4, "High"}, Crit: {5, "Critical"}}

// Event is an alert of the log with this origin as an OCSF Detection Finding, in
// JSON on one line.
func Event(origin string, a Alert) []byte {
	severity := severities[a.Severity]
	e := ocsf{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings", ClassUID: 2004, ClassName: "Detection Finding",
		TypeUID: 200401, Time: a.Detected, SeverityID: severity.id, Severity: severity.name, StatusID: 1, Status: "New", Message: a.Text(),
		Metadata: ocsfMetadata{Version: "1.3.0", LogName: origin, Product: ocsfProduct{"docket", "docketlog"}},
		Finding: ocsfFinding{
			UID: origin + "/" + a.Dedup, Title: a.Rule, Desc: a.Text(), Types: []string{a.Rule + "/" + a.Condition}, Created: a.Detected, FirstSeen: a.Occurred,
			Analytic: ocsfAnalytic{UID: a.Rule, Name: a.Rule + "/" + a.Condition, TypeID: 1, Type: "Rule", Version: fmt.Sprint(a.Version)},
		},
		Evidences: []ocsfData{},
		Unmapped:  ocsfDocket{Origin: origin, Dedup: a.Dedup, Index: a.First, Run: a.Run, Identity: a.Identity, Detail: a.Detail},
	}
	for _, digest := range a.Evidence {
		e.Evidences = append(e.Evidences, ocsfData{ocsfStatement{digest.String()}})
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // texts and numbers
	}
	return text
}
