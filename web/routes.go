package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/marchday/marchday/truce"
)

// routes lists every address that is served.
func (s *site) routes(assets *Assets) http.Handler {
	m := http.NewServeMux()
	page := func(pattern, section string, h func(*visit) error) { m.HandleFunc(pattern, s.page(section, h)) }
	s.roomRoutes(page)
	s.recordRoutes(page)
	s.apiRoutes(func(pattern string, h func(*visit) (any, error)) { m.HandleFunc(pattern, s.api(h)) })
	m.HandleFunc("GET /api/incidents.geojson", s.apiGeoJSON)

	m.HandleFunc("POST /choose", s.pages.Choose)
	page("GET /licences", "", func(v *visit) error { return s.pages.Licences(v.w, v.frame) })
	if s.base != nil {
		m.Handle("GET /map/base.geojson", s.base)
	}
	m.Handle("GET /assets/", assets)
	m.HandleFunc("GET /healthz", healthz)
	m.HandleFunc("GET /readyz", s.readyz)
	m.HandleFunc("/", s.nowhere)
	return m
}

// roomRoutes are the pages of what happened, what binds and what is decided.
func (s *site) roomRoutes(page func(pattern, section string, h func(*visit) error)) {
	page("GET /{$}", "today", s.today)
	page("GET /incidents", "incidents", s.incidents)
	page("GET /incidents/{id...}", "incidents", s.incident)
	page("POST /decisions", "incidents", s.decide)
	page("GET /intake", "intake", s.intake)
	page("GET /intake/{n}", "intake", s.report)
	page("POST /intake/{n}", "intake", s.review)
	page("GET /intake/{n}/dictionary", "intake", s.learned)
	page("GET /intake/article", "intake", s.article)
	page("POST /intake/article", "intake", s.fileArticle)
	page("GET /intake/hotline", "intake", s.hotline)
	page("POST /intake/hotline", "intake", s.fileHotline)
	page("GET /receipts/{id}", "intake", s.receipt)
	page("GET /docket", "docket", s.docket)
	page("POST /docket", "docket", s.openCase)
	page("GET /docket/{n}", "docket", s.docketCase)
	page("POST /docket/{n}", "docket", s.sayOnCase)
	page("GET /desk", "docket", s.desk)
	page("POST /desk", "docket", s.sayAtDesk)
	page("GET /docket/funnel", "docket", s.funnel)
	page("POST /docket/reply", "docket", s.reply)
	page("POST /docket/acknowledge", "docket", s.acknowledge)
	page("GET /regime", "regime", s.regime)
	page("GET /regime/say", "regime", s.regimeForms)
	page("POST /regime/say", "regime", s.sayOnRegime)
	page("GET /regime/spread", "regime", s.spread)
	page("GET /regime/changes", "regime", s.regimeChanges)
	page("GET /talks", "talks", s.talks)
	page("GET /territory", "territory", s.territory)
	page("GET /access", "access", s.access)
	page("GET /bulletins", "bulletins", s.bulletins)
	page("GET /bulletins/{day}", "bulletins", s.bulletinBytes)
	page("GET /bulletins/{day}/about", "bulletins", s.bulletinAbout)
	page("POST /bulletins/{day}/about", "bulletins", s.correct)
	page("GET /words", "regime", s.wordsAndRules)
	page("GET /notes", "", s.noteList)
	page("POST /notes", "", s.takeNote)
}

// recordRoutes are the pages of the record, of who speaks on it and of how they
// log in and sign.
func (s *site) recordRoutes(page func(pattern, section string, h func(*visit) error)) {
	page("GET /offices", "offices", s.offices)
	page("POST /offices", "offices", s.revoke)
	page("GET /record", "record", s.record)
	page("GET /record/{n}", "record", s.statement)
	page("POST /record/{n}/withdraw", "record", s.withdraw)
	page("POST /record/{n}/translate", "record", s.translate)
	page("GET /record/{n}/proof", "record", s.proof)
	page("GET /record/{n}/envelope", "record", s.envelope)
	page("GET /checkpoint", "record", s.tile)
	page("GET /checkpoint.cosigned", "record", s.tile)
	page("GET /tile/{path...}", "record", s.tile)
	page("GET /login", "", s.loginForm)
	page("POST /login", "", s.login)
	page("POST /logout", "", s.logout)
	page("GET /exhibits", "record", s.exhibits)
	page("POST /exhibits", "record", s.takeExhibit)
	page("GET /exhibits/{n}", "record", s.exhibit)
	page("GET /exhibits/{n}/copy", "record", s.exhibitCopy)
	page("GET /exhibits/{n}/file", "record", s.exhibitFile)
	page("POST /exhibits/{n}/custody", "record", s.takeCustody)
	page("GET /passkeys", "offices", s.passkeys)
	page("POST /passkeys", "offices", s.enrol)
	page("GET /sign", "offices", s.signForm)
	page("POST /sign", "offices", s.prepare)
	page("POST /sign/passkey", "offices", s.signByPasskey)
	page("POST /sign/body", "offices", s.signDownload)
	page("POST /sign/envelope", "offices", s.signUpload)
	page("GET /blobs/kept/{two}/{digest}", "record", s.keptBlob)
	page("POST /demo/act", "", s.act)
	page("POST /demo/clock", "", s.clock)
}

// apiRoutes are the answers to programs.
func (s *site) apiRoutes(api func(pattern string, h func(*visit) (any, error))) {
	api("GET /api/incidents", s.apiIncidents)
	api("GET /api/incidents/{id...}", s.apiIncident)
	api("GET /api/statements", s.apiStatements)
	api("GET /api/statements/{n}", s.apiStatement)
	api("POST /api/statements", s.apiSubmit)
	api("POST /api/reports", s.apiReport)
	api("POST /api/preview", s.apiPreview)
	api("GET /api/cases", s.apiCases)
	api("GET /api/counts", s.apiCounts)
	api("GET /api/tolls", s.apiTolls)
	api("GET /api/told", s.apiTold)
	api("GET /api/changes", s.apiChanges)
	api("GET /api/receipts/{id}", s.apiReceipt)
	api("GET /api/heads", s.apiHeads)
	api("GET /api/digest", s.apiDigest)
	api("GET /api/series", s.apiSeries)
	api("GET /api/regime", s.apiRegime)
	api("GET /api/alarms", s.apiAlarms)
	api("GET /api/todo", s.apiTodo)
	api("GET /api/funnel", s.apiFunnel)
	api("GET /api/reassessments", s.apiReassessments)
}

// nowhere answers what no route has.
func (s *site) nowhere(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, &truce.Error{Kind: truce.Unknown, Why: "nothing stands at " + r.Method + " " + r.URL.Path})
}

// act lets the visitor of a demonstration act as an office.
func (s *site) act(v *visit) error {
	form, err := v.demoForm()
	if err != nil {
		return err
	}
	id := truce.OfficeID(form.Get("office"))
	if _, known := v.house.Office(id); !known && id != "" {
		return &truce.Error{Kind: truce.Unknown, Field: "office", Why: v.t.T("problem_why.office")}
	}
	c := preference("office", string(id))
	c.SameSite = http.SameSiteStrictMode
	http.SetCookie(v.w, c)
	return v.see(local(form.Get("back")))
}

// clock moves a demonstration's clock.
func (s *site) clock(v *visit) error {
	form, err := v.demoForm()
	if err != nil {
		return err
	}
	wall := form.Get("now")
	if t, err := time.Parse("2006-01-02T15:04:05", wall); err == nil {
		wall = t.Format("2006-01-02T15:04")
	}
	to, err := v.house.Procedure.Zone.Instant(wall)
	if err != nil {
		return err
	}
	if err := s.o.Demo.MoveTo(v.ctx(), to); err != nil {
		return err
	}
	return v.see(local(form.Get("back")))
}

// demoForm reads a form that a demonstration alone has.
func (v *visit) demoForm() (url.Values, error) {
	if v.s.o.Demo == nil {
		return nil, &truce.Error{Kind: truce.Forbidden, Why: v.t.T("problem_why.no_demo")}
	}
	return v.form()
}
