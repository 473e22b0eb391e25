package web

import (
	"encoding/json"
	"errors"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// mediator is the picture as the mediator sees it.
func mediator(h *testHouse) *picture.View {
	return h.centre.View(truce.Viewer{Office: "un", Role: truce.Mediator})
}

func newest(t *testing.T, h *testHouse) (picture.Statement, truce.Body) {
	t.Helper()
	all, err := mediator(h).Statements(t.Context(), picture.StatementFilter{Limit: 1})
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	body, err := all[0].Body()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], body
}

// TestATextIsLookedAtThenFiledThenReviewed walks the forms as a browser without
// scripts does.
func TestATextIsLookedAtThenFiledThenReviewed(t *testing.T) {
	h := ownHouse(t)
	size := h.centre.Record().Size()
	form := url.Values{
		"text":      {"The army said on Tuesday that insurgents shelled Homs, killing at least four civilians."},
		"publisher": {"Example Wire"}, "date": {"2016-03-02"}, "channel": {"article"}, "marking": {"clear"}, "lang": {"en"}, "do": {"look"},
	}
	look := h.post(t, "un", "/intake/article", form)
	if look.Code != 200 || !strings.Contains(look.Body.String(), "claim-mark") || !strings.Contains(look.Body.String(), `id="claim-1"`) {
		t.Fatalf("looking: %d, no claim is shown", look.Code)
	}
	strict(t, "the preview", look.Body.String())
	if got := h.centre.Record().Size(); got != size {
		t.Fatalf("looking appended %d statements", got-size)
	}
	form.Set("do", "file")
	filed := h.post(t, "un", "/intake/article", form)
	if filed.Code != http.StatusSeeOther || !strings.HasPrefix(filed.Header().Get("Location"), "/receipts/") {
		t.Fatalf("filing: %d to %q", filed.Code, filed.Header().Get("Location"))
	}
	receipt := h.get(t, "", filed.Header().Get("Location"))
	if receipt.Code != 200 || strings.Contains(receipt.Body.String(), "insurgents") {
		t.Errorf("the receipt: %d, or it shows the words", receipt.Code)
	}
	report, _ := newest(t, h)
	address := "/intake/" + strconv.FormatInt(report.Index, 10)
	claims, err := mediator(h).ClaimsOf(t.Context(), report.Index)
	if err != nil || len(claims) == 0 {
		t.Fatalf("no claim was read: %v", err)
	}
	ref := claims[0].Ref.String()
	t.Run("accept", func(t *testing.T) {
		if w := h.post(t, "un", address, url.Values{"claim": {ref}, "do": {"accept"}}); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		_, body := newest(t, h)
		if e, ok := body.(*truce.ClaimEntry); !ok || !e.Accepts || e.Replaces.String() != ref || e.Machine == nil {
			t.Errorf("said %+v", body)
		}
	})
	t.Run("fix", func(t *testing.T) {
		page := h.get(t, "un", address).Body.String()
		fix := formOf(t, page, "c1-")
		fix.Set("claim", ref)
		fix.Set("do", "fix")
		fix.Set("c1-event", "air_strike")
		fix.Set("c1-killed-low", "4")
		fix.Set("c1-killed-high", "6")
		fix.Set("c1-why", "the wire says strike")
		if w := h.post(t, "un", address, fix); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		_, body := newest(t, h)
		e, ok := body.(*truce.ClaimEntry)
		if !ok || e.Accepts || e.Claim == nil || e.Claim.Event != "air_strike" || e.Claim.Stance != claims[0].Claim.Stance {
			t.Fatalf("said %+v", body)
		}
		if low, high := tollOf(*e.Claim, truce.Killed); low != "4" || high != "6" {
			t.Errorf("killed %s to %s", low, high)
		}
		if !reflect.DeepEqual(e.Claim.When, claims[0].Claim.When) || len(e.Claim.Actors) != len(claims[0].Claim.Actors) {
			t.Errorf("what was not answered otherwise was changed: %+v, of %+v", e.Claim.When, claims[0].Claim.When)
		}
	})
	t.Run("a correction is saved as lines of a dictionary", func(t *testing.T) {
		if page := h.get(t, "un", address).Body.String(); !strings.Contains(page, `href="`+address+`/dictionary"`) {
			t.Error("the page leads to no file of lines")
		}
		w := h.get(t, "un", address+"/dictionary")
		if w.Code != 200 || !strings.Contains(w.Body.String(), "# en/frames.txt\nframe air_strike_reviewed") || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%d, %q: %s", w.Code, w.Header().Get("Content-Disposition"), w.Body)
		}
		if none := h.get(t, "un", "/intake/0/dictionary"); none.Code != http.StatusNotFound {
			t.Errorf("the founding has lines of a dictionary: %d", none.Code)
		}
	})
	t.Run("one field alone", func(t *testing.T) {
		form.Set("text", "Shells hit Homs on Monday, killing three people, residents said.")
		if w := h.post(t, "un", "/intake/article", form); w.Code != http.StatusSeeOther {
			t.Fatalf("filing: %d", w.Code)
		}
		report, _ := newest(t, h)
		address := "/intake/" + strconv.FormatInt(report.Index, 10)
		claims, err := mediator(h).ClaimsOf(t.Context(), report.Index)
		if err != nil || len(claims) == 0 || len(claims[0].Claim.Where) == 0 {
			t.Fatalf("%+v, %v", claims, err)
		}
		page := h.get(t, "un", address).Body.String()
		for _, want := range []string{`href="#at-`, `id="at-`, `data-key="w"`, `href="#f-c1-event"`, `name="drop" value="where"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the page has no %s", want)
			}
		}
		for _, act := range []string{"drop", "keep"} {
			if w := h.post(t, "un", address, url.Values{"claim": {claims[0].Ref.String()}, act: {"weather"}}); w.Code == http.StatusSeeOther {
				t.Errorf("%s of a field that is none", act)
			}
		}
		kept := h.post(t, "un", address, url.Values{"claim": {claims[0].Ref.String()}, "keep": {"event"}})
		if got := kept.Header().Get("Location"); kept.Code != http.StatusSeeOther || got != address+"#claim-1-2" {
			t.Fatalf("%d to %q %s", kept.Code, got, kept.Body)
		}
		if _, body := newest(t, h); !reflect.DeepEqual(body.(*truce.ClaimEntry).Fields, []string{"event"}) || !body.(*truce.ClaimEntry).Accepts {
			t.Errorf("said %+v", body)
		}
		if w := h.post(t, "un", address, url.Values{"claim": {claims[0].Ref.String()}, "drop": {"where"}}); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		_, body := newest(t, h)
		e, ok := body.(*truce.ClaimEntry)
		if !ok || e.Claim == nil || len(e.Claim.Where) != 0 || e.Claim.Event != claims[0].Claim.Event || len(e.Claim.Casualties) == 0 || !reflect.DeepEqual(e.Fields, []string{"where"}) {
			t.Fatalf("said %+v", body)
		}
		after, err := mediator(h).ClaimsOf(t.Context(), report.Index)
		if err != nil || len(after) != len(claims) {
			t.Fatalf("%d claims stand, of %d (%v)", len(after), len(claims), err)
		}
		fix := formOf(t, h.get(t, "un", address).Body.String(), "c1-")
		fix.Set("claim", after[0].Ref.String())
		fix.Set("do", "fix")
		if w := h.post(t, "us", address, fix); w.Code == http.StatusSeeOther {
			t.Error("a correction that corrects nothing was said")
		}
		fix.Set("c1-stance", "alleged")
		fix.Set("c1-place", "Hama")
		if w := h.post(t, "us", address, fix); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if _, body := newest(t, h); !reflect.DeepEqual(body.(*truce.ClaimEntry).Fields, []string{"stance", "where"}) {
			t.Errorf("said %+v", body)
		}
		page = h.get(t, "un", address).Body.String()
		strict(t, "a page of decided fields", page)
		for _, want := range []string{"accepted · ", "corrected · ", "had said otherwise", "the machine: ", "Hama"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page has no %q", want)
			}
		}
	})
	t.Run("the places that a name may mean are drawn", func(t *testing.T) {
		form.Set("text", "An air strike hit Khan on Monday, killing two people, residents said.")
		if w := h.post(t, "un", "/intake/article", form); w.Code != http.StatusSeeOther {
			t.Fatalf("filing: %d", w.Code)
		}
		report, _ := newest(t, h)
		address := "/intake/" + strconv.FormatInt(report.Index, 10)
		page := h.get(t, "un", address).Body.String()
		for _, want := range []string{`id="may-claim-1hatch"`, `<a href="#f-c1-where" aria-label="1. `, `<a href="#f-c1-where" aria-label="2. `, `id="f-c1-where"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the page has no %s", want)
			}
		}
		strict(t, "a page with a map of candidates", page)
		if public := h.get(t, "", address).Body.String(); strings.Contains(public, `href="#f-c1-where"`) {
			t.Error("who may not review is led to a question that is not there")
		}
	})
	t.Run("what is gone cannot be fixed again", func(t *testing.T) {
		w := h.post(t, "un", address, url.Values{"claim": {ref}, "do": {"reject"}})
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "no longer stands") {
			t.Errorf("%d", w.Code)
		}
	})
	t.Run("an office beyond its role", func(t *testing.T) {
		if w := h.post(t, "gov-liaison", address, url.Values{"claim": {ref}, "do": {"accept"}}); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			t.Errorf("a liaison reviews a claim: %d", w.Code)
		}
	})
}

var inputs = regexp.MustCompile(`<input[^>]* name="([^"]+)"[^>]*>`)
var valued = regexp.MustCompile(` value="([^"]*)"`)
var chosen = regexp.MustCompile(`(?s)<select[^>]* name="([^"]+)".*?</select>`)
var selected = regexp.MustCompile(`<option value="([^"]*)" selected>`)

// formOf reads what a form of a page would send, of the fields with a prefix.
func formOf(t *testing.T, page, prefix string) url.Values {
	t.Helper()
	out := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(page, -1) {
		if value := valued.FindStringSubmatch(m[0]); strings.HasPrefix(m[1], prefix) && value != nil {
			out.Set(m[1], value[1])
		}
	}
	for _, m := range chosen.FindAllStringSubmatch(page, -1) {
		if s := selected.FindStringSubmatch(m[0]); s != nil && strings.HasPrefix(m[1], prefix) {
			out.Set(m[1], s[1])
		}
	}
	if len(out) == 0 {
		t.Fatalf("the page has no field %s…", prefix)
	}
	return out
}

func TestACallIsReadBackAndKeepsItsCallerOut(t *testing.T) {
	h := ownHouse(t)
	for _, lang := range []string{"en", "ar"} {
		form := url.Values{"place": {pick(lang == "en", "Homs", "حمص")}, "act": {"shelling"}, "day": {"2016-03-02"}, "hour": {"11:30"}, "killed": {"3"}, "confidential": {"district"}, "do": {"look"}}
		look := h.post(t, "desk", "/intake/hotline?lang="+lang, form)
		page := look.Body.String()
		if look.Code != 200 || !strings.Contains(page, "Homs") || !strings.Contains(page, "حمص") {
			t.Fatalf("%s: %d, the place is not read back in both scripts", lang, look.Code)
		}
		strict(t, "the read-back", page)
		offered := regexp.MustCompile(`name="chosen" value="([^"]+)"`).FindStringSubmatch(page)
		if offered == nil {
			t.Fatalf("%s: no place is offered", lang)
		}
		form.Set("chosen", offered[1])
		form.Set("do", "file")
		filed := h.post(t, "desk", "/intake/hotline", form)
		if filed.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", lang, filed.Code, filed.Body)
		}
		s, body := newest(t, h)
		r, ok := body.(*truce.Report)
		if !ok || r.Channel != "hotline" || len(r.Claims) != 1 || s.Marking != truce.Amber {
			t.Fatalf("%s: said %+v", lang, body)
		}
		c := r.Claims[0]
		if c.Place().Point != nil || c.When.Precision != truce.ToDay || r.Text != "" {
			t.Errorf("%s: a confidential call keeps more than the unit and the day: %+v", lang, c)
		}
		if w := h.get(t, "desk", filed.Header().Get("Location")); w.Code != 200 || !strings.Contains(w.Body.String(), "S "+strconv.FormatInt(s.Index, 10)) {
			t.Errorf("%s: the receipt: %d", lang, w.Code)
		}
	}
	if w := h.post(t, "desk", "/intake/hotline", url.Values{"place": {"Qzxwv"}, "do": {"look"}}); w.Code != 404 || !strings.Contains(w.Body.String(), "Qzxwv") {
		t.Errorf("an unknown place: %d", w.Code)
	}
}

// TestADeskThatDoesNotReadWhatIsConfidedIsToldBeforeItTypes asks the form of
// offices of each level.
func TestADeskThatDoesNotReadWhatIsConfidedIsToldBeforeItTypes(t *testing.T) {
	h := ownHouse(t)
	for office, told := range map[string]bool{"gov-liaison": true, "un": false, "us": false, "": false} {
		for lang, words := range map[string]string{"en": "Your office does not read", "ar": "مكتبك لا يقرأ"} {
			page := h.get(t, office, "/intake/hotline?lang="+lang).Body.String()
			if at := strings.Index(page, words); at >= 0 != told || told && at > strings.Index(page, "<form class=\"form\" method=\"post\" action=\"/intake/hotline\"") {
				t.Errorf("%q, %s: told %v, want %v, before the form", office, lang, at >= 0, told)
			}
		}
	}
}

// keptText is a sealed text as its author is given it.
var keptText = regexp.MustCompile(`<pre dir="ltr" tabindex="0">([^<]+)</pre>`)

// TestACorrectionBecomesLinesThatTheEngineReads writes corrections as lines of a
// dictionary, lays them over the embedded one and reads the text again.
func TestACorrectionBecomesLinesThatTheEngineReads(t *testing.T) {
	const words = "Wolves of the Dale zonked Tolma on Monday, killing six people."
	span := func(s string) *truce.Span {
		at := strings.Index(words, s)
		return &truce.Span{Start: uint32(at), End: uint32(at + len(s))}
	}
	machine := truce.Claim{
		Event: "killing", Trigger: span("zonked"), Clause: span(words[:len(words)-1]), Actors: []truce.Ref{{ID: "unknown", Span: span("Wolves of the Dale")}},
		Where: []truce.Where{{Place: "a", Span: span("Tolma")}, {Place: "b", Span: span("Tolma")}},
	}
	said := machine
	said.Event, said.Actors, said.Where = "shelling", []truce.Ref{{ID: "group:dale-wolves"}}, machine.Where[1:]
	lines := dictionaryLines(words, "en", machine, said)
	files := fstest.MapFS{}
	name := ""
	for _, l := range lines {
		if file, ok := strings.CutPrefix(l, "# "); ok {
			name = file
			continue
		}
		files[name] = &fstest.MapFile{Data: []byte(l + "\n")}
	}
	if len(files) != 3 || string(files["overrides.tsv"].Data) != "Tolma\tb\ta reviewer's correction\n" {
		t.Fatalf("lines: %q", lines)
	}
	delete(files, "overrides.tsv") // of places: the gazetteer's
	e, err := extract.New(extract.Options{Dictionaries: []fs.FS{files}})
	if err != nil {
		t.Fatalf("the engine refuses %q: %v", lines, err)
	}
	claims := e.Claims(extract.Doc{Text: words, Date: truce.At(time.Date(2031, 9, 16, 0, 0, 0, 0, time.UTC))})
	if len(claims) != 1 || claims[0].Event != "shelling" || claims[0].Actors[0].ID != "group:dale-wolves" {
		t.Errorf("read again: %+v", claims)
	}
	if same := dictionaryLines(words, "en", machine, machine); len(same) != 0 {
		t.Errorf("where nothing was corrected: %q", same)
	}
}

// TestWhoCallsGoesToTheVaultAndTheActToTheRecord files a call with the caller's
// name, number and words, and looks for them wherever the record could have
// them.
func TestWhoCallsGoesToTheVaultAndTheActToTheRecord(t *testing.T) {
	h := ownHouse(t)
	page := h.get(t, "desk", "/intake/hotline?lang=ar").Body.String()
	once := regexp.MustCompile(`name="once" value="([A-Z2-7]{26})"`).FindStringSubmatch(page)
	if once == nil || !strings.Contains(page, `name="caller"`) {
		t.Fatal("the form has no part in confidence")
	}
	strict(t, "the form", page)
	form := url.Values{"place": {"حمص"}, "act": {"shelling"}, "day": {"2016-03-02"}, "confidential": {"district"}, "once": {once[1]}, "caller": {"Umm Qasim"}, "contact": {"+963 900 555 017"}, "words": {"they fell by the blue well"}, "consent": {"call-back"}, "do": {"look"}}
	look := h.post(t, "desk", "/intake/hotline?lang=ar", form).Body.String()
	form.Set("chosen", regexp.MustCompile(`name="chosen" value="([^"]+)"`).FindStringSubmatch(look)[1])
	if !strings.Contains(look, once[1]) {
		t.Error("the token of the call is lost between the steps")
	}
	form.Set("do", "file")
	filed := h.post(t, "desk", "/intake/hotline", form)
	if filed.Code != http.StatusSeeOther || !strings.HasPrefix(filed.Header().Get("Location"), "/receipts/") {
		t.Fatalf("%d %s", filed.Code, filed.Body)
	}
	s, body := newest(t, h)
	r, ok := body.(*truce.Report)
	if !ok || r.Pseudonym == "" || r.Commitment.IsZero() || r.Channel != "hotline" || len(r.Claims) != 1 {
		t.Fatalf("on the record: %+v", body)
	}
	for _, secret := range []string{"Umm Qasim", "900 555 017", "blue well"} {
		if strings.Contains(s.Payload, secret) || strings.Contains(h.get(t, "desk", "/intake/"+strconv.FormatInt(s.Index, 10)).Body.String(), secret) || strings.Contains(h.get(t, "desk", filed.Header().Get("Location")).Body.String(), secret) {
			t.Errorf("%q is outside the vault", secret)
		}
	}
	held, err := h.vault.Entries(t.Context())
	if err != nil || len(held) != 1 {
		t.Fatalf("the vault holds %d, %v", len(held), err)
	}
	size := h.centre.Record().Size()
	again := h.post(t, "desk", "/intake/hotline", form)
	if again.Header().Get("Location") != filed.Header().Get("Location") || h.centre.Record().Size() != size {
		t.Errorf("the same call sent twice: %d to %s, %d entries", again.Code, again.Header().Get("Location"), h.centre.Record().Size()-size)
	}
}

// TestEveryOfficeSeesTheUseOfTheQuotaOfAll files a report and reads the table of
// the quota as three readers: each sees every office, its use and the limit.
func TestEveryOfficeSeesTheUseOfTheQuotaOfAll(t *testing.T) {
	h := ownHouse(t)
	house, err := mediator(h).House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	use := func(who string) string {
		return h.get(t, who, "/intake?f=csv&table=quota").Body.String()
	}
	row := regexp.MustCompile(`(?m)^un,(\d+),700\r?$`)
	was := row.FindStringSubmatch(use("un"))
	if was == nil {
		t.Fatalf("no row of the office: %s", use("un"))
	}
	n, _ := strconv.Atoi(was[1])
	form := url.Values{"text": {"Shells fell on Talbiseh."}, "publisher": {"Example Wire"}, "date": {"2016-03-02"}, "channel": {"article"}, "marking": {"amber"}, "lang": {"en"}, "do": {"file"}}
	if w := h.post(t, "un", "/intake/article", form); w.Code != http.StatusSeeOther {
		t.Fatalf("filing: %d", w.Code)
	}
	for _, who := range []string{"un", "desk", ""} {
		table := use(who)
		if got := row.FindStringSubmatch(table); got == nil || got[1] != strconv.Itoa(n+1) {
			t.Errorf("%q sees %q after one more than %d", who, got, n)
		}
		if rows := strings.Count(strings.TrimSpace(table), "\n"); rows != len(house.Offices) {
			t.Errorf("%q sees %d offices", who, rows)
		}
	}
	strict(t, "the intake", h.get(t, "", "/intake?lang=ar").Body.String())
}

// TestADraftIsWarnedOfWhatIsHereWhileItIsWritten asks as near.ts does, of a call
// and of a text: the answer names the incident to who may read it, and to nobody else,
// and nothing is appended.
func TestADraftIsWarnedOfWhatIsHereWhileItIsWritten(t *testing.T) {
	h := ownHouse(t)
	near := regexp.MustCompile(`(?s)<div id="near" aria-live="polite">.*?<a href="(/incidents/[^"]+)"`)
	call := url.Values{"place": {"Talbiseh"}, "act": {"shelling"}, "day": {"2016-03-02"}, "killed": {"4"}, "confidential": {"place"}, "do": {"near"}}
	if w := h.post(t, "un", "/intake/hotline", call); w.Code != 200 || near.MatchString(w.Body.String()) {
		t.Fatalf("before anything is filed: %d, or a warning", w.Code)
	}
	look := h.post(t, "desk", "/intake/hotline", url.Values{"place": {"Talbiseh"}, "act": {"shelling"}, "day": {"2016-03-02"}, "do": {"look"}}).Body.String()
	filed := url.Values{"place": {"Talbiseh"}, "act": {"shelling"}, "day": {"2016-03-02"}, "killed": {"4"}, "confidential": {"place"}, "do": {"file"}, "chosen": {regexp.MustCompile(`name="chosen" value="([^"]+)"`).FindStringSubmatch(look)[1]}}
	if w := h.post(t, "desk", "/intake/hotline", filed); w.Code != http.StatusSeeOther {
		t.Fatalf("filing: %d %s", w.Code, w.Body)
	}
	size := h.centre.Record().Size()
	text := url.Values{
		"text":      {"The army said that insurgents shelled Talbiseh on 2 March 2016, killing four civilians."},
		"publisher": {"Example Wire"}, "date": {"2016-03-02"}, "channel": {"article"}, "marking": {"clear"}, "lang": {"en"}, "do": {"near"},
	}
	call.Set("confidential", "district") // the warning looks at the place all the same
	for path, form := range map[string]url.Values{"/intake/hotline": call, "/intake/article": text} {
		if near.MatchString(h.post(t, "desk", path, form).Body.String()) {
			t.Errorf("%s: an office is warned of what it may not read", path)
		}
		page := h.post(t, "un", path, form).Body.String()
		found := near.FindStringSubmatch(page)
		if found == nil {
			t.Errorf("%s: no warning", path)
			continue
		}
		strict(t, path, page)
		if w := h.get(t, "un", html.UnescapeString(found[1])); w.Code != 200 {
			t.Errorf("%s: the incident it warns of: %d", path, w.Code)
		}
	}
	if got := h.centre.Record().Size(); got != size {
		t.Errorf("asking appended %d statements", got-size)
	}
}

// TestACaseGoesFromOpeningToDissent does a case's steps by its forms, each by
// the office that may.
func TestACaseGoesFromOpeningToDissent(t *testing.T) {
	h := ownHouse(t)
	all, _, err := mediator(h).Incidents(t.Context(), picture.Filter{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	var incident picture.Incident
	for _, i := range all {
		if i.Case == 0 {
			incident = i
		}
	}
	opened := h.post(t, "un", "/docket", url.Values{"incident": {incident.ID.String()}, "note": {"asked for"}})
	if opened.Code != http.StatusSeeOther {
		t.Fatalf("opening: %d %s", opened.Code, opened.Body)
	}
	address := opened.Header().Get("Location")
	step := func(office string, want int, kind string, answers ...string) string {
		t.Helper()
		h.clock.set(truce.At(h.clock.now()) + 60)
		form := url.Values{"kind": {kind}}
		for i := 0; i+1 < len(answers); i += 2 {
			form.Set(kind+"-"+answers[i], answers[i+1])
		}
		w := h.post(t, office, address, form)
		if w.Code != want {
			t.Fatalf("%s %s: %d, want %d: %s", office, kind, w.Code, want, faultOf(w.Body.String()))
		}
		return w.Body.String()
	}
	const done = http.StatusSeeOther
	if page := step("un", 409, "step", "to", "closed"); !strings.Contains(page, "rule close") {
		t.Error("a refused step does not name its rule")
	}
	step("un", done, "step", "to", "triaged", "how", "accepted")
	step("gov-liaison", 403, "proposal", "outcome", "violation", "text", "x")
	step("un", done, "step", "to", "inquiry")
	sealed := map[string]string{}
	for _, office := range []string{"us", "ru"} {
		if page := h.get(t, office, address).Body.String(); !strings.Contains(page, "assessment-occurred") {
			t.Errorf("%s is not offered the form of its assessment", office)
		}
		page := step(office, 200, "assessment", "occurred", "yes", "outcome", pick(office == "us", "violation", "undetermined"), "threat", "1", "reasons", "Reasons of "+office+".")
		sealed[office] = keptText.FindStringSubmatch(page)[1]
		if office == "us" {
			step(office, 409, "assessment", "opened", html.UnescapeString(sealed[office])) // the other has not sealed
		}
	}
	for _, office := range []string{"us", "ru"} {
		if strings.Contains(h.get(t, "un", address).Body.String(), "Reasons of "+office) {
			t.Errorf("the text of %s is read before it was opened", office)
		}
		step(office, done, "assessment", "opened", html.UnescapeString(sealed[office]))
	}
	if page := h.get(t, "", address).Body.String(); !strings.Contains(page, "Reasons of us.") || strings.Contains(page, "The facts are open.") {
		t.Error("with every text in, the public reads the texts and nothing else")
	}
	step("un", done, "step", "to", "deliberation")
	step("un", done, "proposal", "outcome", "undetermined", "text", "The facts are open.")
	step("ru", done, "concurrence")
	c, err := mediator(h).CaseNumber(t.Context(), mustInt(t, address[len("/docket/"):]))
	if err != nil {
		t.Fatal(err)
	}
	step("us", done, "dissent", "from", c.File.Proposals[0].Statement.String(), "text", "The facts are enough.")
	page := h.get(t, "", address).Body.String()
	for _, want := range []string{"parallel, dissent recorded", "Reasons of us.", "Reasons of ru.", "The facts are enough."} {
		if !strings.Contains(page, want) {
			t.Errorf("the published case lacks %q", want)
		}
	}
	strict(t, address, page)
}

func mustInt(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func faultOf(page string) string {
	_, rest, _ := strings.Cut(page, `role="alert"`)
	return rest[:min(len(rest), 400)]
}

func TestASealedTextIsOpenedByItsAuthor(t *testing.T) {
	a := &truce.Assessment{Case: truce.DigestOf([]byte("a case")), Occurred: "yes", Outcome: truce.Undetermined, Reasons: []truce.Text{{Lang: "en", Text: "why"}}}
	body, part, err := seal(a)
	if err != nil {
		t.Fatal(err)
	}
	sealed := body.(*truce.AssessmentSealed)
	if strings.Contains(sealed.Hash.String(), "why") || sealed.Validate() != nil {
		t.Errorf("sealed as %+v", sealed)
	}
	if hash, err := truce.SealOf(*a); err != nil || hash != sealed.Hash || !strings.Contains(part.Text, a.Nonce) || len(a.Nonce) < 16 {
		t.Errorf("what the author keeps does not open the seal: %v", err)
	}
	_, again, err := seal(a)
	if err != nil || again.Text == part.Text {
		t.Error("two seals of one text are alike: its few outcomes could be tried out")
	}
}

func TestAnOfficeTakesItsOwnStatementBack(t *testing.T) {
	h := ownHouse(t)
	if w := h.post(t, "un", "/intake/article", url.Values{"text": {"Nothing happened."}, "publisher": {"Example"}, "channel": {"letter"}, "marking": {"clear"}, "do": {"file"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s, _ := newest(t, h)
	address := "/record/" + strconv.FormatInt(s.Index, 10)
	if w := h.post(t, "us", address+"/withdraw", url.Values{"why": {"not ours"}}); w.Code != http.StatusForbidden {
		t.Errorf("another office takes it back: %d", w.Code)
	}
	if w := h.post(t, "un", address+"/withdraw", url.Values{"why": {""}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", w.Code)
	}
	if w := h.post(t, "un", address+"/withdraw", url.Values{"why": {"filed twice"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if page := h.get(t, "", address).Body.String(); !strings.Contains(page, "Taken back by its office") {
		t.Error("the page does not say that it was taken back")
	}
}

func TestTheDemonstrationsClockGoesForwardOnly(t *testing.T) {
	h := ownHouse(t)
	before := h.clock.now()
	if w := h.post(t, "", "/demo/clock", url.Values{"now": {"2016-03-03T12:00"}, "back": {"/docket"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/docket" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got := h.clock.now().Sub(before); got != 18*time.Hour {
		t.Errorf("the clock went on by %s", got)
	}
	for _, wall := range []string{"2016-03-01T12:00", "tomorrow", ""} {
		if w := h.post(t, "", "/demo/clock", url.Values{"now": {wall}}); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", wall, w.Code)
		}
	}
	if w := h.post(t, "", "/demo/act", url.Values{"office": {"nobody"}}); w.Code != http.StatusNotFound {
		t.Errorf("an office that is none: %d", w.Code)
	}
}

func TestTheAPITakesStatementsAndRefusesWhatItDoesNotKnow(t *testing.T) {
	h := ownHouse(t)
	send := func(office, address, body string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if office != "" {
			r.AddCookie(&http.Cookie{Name: "office", Value: office})
		}
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, r)
		return w.Code
	}
	for _, c := range []struct {
		name, office, address, body string
		want                        int
	}{
		{"a report", "desk", "/api/reports", `{"channel":"letter","text":"A letter.","marking":"clear"}`, 200},
		{"nobody's report", "", "/api/reports", `{"channel":"letter","text":"A letter."}`, 403},
		{"an unknown field", "desk", "/api/reports", `{"channel":"letter","text":"x","colour":"red"}`, 422},
		{"two values", "desk", "/api/reports", `{"channel":"letter","text":"x"} {}`, 422},
		{"no JSON", "desk", "/api/reports", `<xml/>`, 422},
		{"no channel", "desk", "/api/reports", `{"text":"x"}`, 422},
		{"no envelope", "", "/api/statements", `{}`, 422},
		{"a preview", "", "/api/preview", `{"channel":"article","text":"Shells hit Homs on Monday."}`, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := send(c.office, c.address, c.body); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

// TestEnvelopesLineByLine answers for each line by itself, and stops at one that
// is no line any more.
func TestEnvelopesLineByLine(t *testing.T) {
	h := readHouse(t)
	send := func(body string) (int, []struct{ Refused string }) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/statements", strings.NewReader(body))
		r.Header.Set("Content-Type", EnvelopeLines)
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, r)
		var said struct{ Rows []struct{ Refused string } }
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
			t.Fatal(err)
		}
		return w.Code, said.Rows
	}
	long := strings.Repeat("x", truce.MaxEnvelope+1) + "\n"
	for _, c := range []struct {
		name, body   string
		status, rows int
	}{
		{"nothing", "", 200, 0},
		{"two that are no envelopes", "{}\n{}\n", 200, 2},
		{"the last without an end of line", "{}\n{}", 200, 2},
		{"more than are taken at once", strings.Repeat("{}\n", 70), 200, 64},
		{"a line over the limit", long, 413, 0},
		{"a line over the limit after another", "{}\n" + long, 200, 1},
	} {
		status, rows := send(c.body)
		if status != c.status || len(rows) != c.rows {
			t.Errorf("%s: %d with %d rows, want %d with %d", c.name, status, len(rows), c.status, c.rows)
		}
		for _, r := range rows {
			if r.Refused == "" {
				t.Errorf("%s: not refused", c.name)
			}
		}
	}
}

// TestAnAttackDatedOtherwiseIsAskedAbout reads the incident of 5 April in Sheikh
// Maqsoud in the founding case: an outlet that dates an attack there to the 6th
// stands in it provisionally, and the page asks whether it is the same; an
// office that says it is different parts them.
func TestAnAttackDatedOtherwiseIsAskedAbout(t *testing.T) {
	h, err := playDossier(t.Context(), t.TempDir(), "2016-04-09T18:00:00+03:00")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(h.centre.Close(), h.vault.Close()) })
	all, _, err := mediator(h).Incidents(t.Context(), picture.Filter{Day: "2016-04-05"})
	if err != nil {
		t.Fatal(err)
	}
	ask := regexp.MustCompile(`(?s)id="doubtful">The same incident\?.*?name="one" value="([^"]+)"><input type="hidden" name="two" value="([^"]+)"`)
	asked := 0
	for _, i := range all {
		page := h.get(t, "un", "/incidents/"+i.ID.Display(i.Index)).Body.String()
		m := ask.FindStringSubmatch(page)
		if m == nil {
			continue
		}
		asked++
		strict(t, "the incident", page)
		if !strings.Contains(h.get(t, "un", "/incidents/"+i.ID.Display(i.Index)+"?lang=ar").Body.String(), "الحادث نفسه؟") {
			t.Error("the question is not asked in Arabic")
		}
		form := url.Values{"one": {html.UnescapeString(m[1])}, "two": {html.UnescapeString(m[2])}, "why": {"another day"}, "do": {"different"}}
		if w := h.post(t, "un", "/decisions", form); w.Code != http.StatusSeeOther {
			t.Fatalf("deciding: %d %s", w.Code, w.Body)
		}
		if ask.MatchString(h.get(t, "un", "/incidents/"+i.ID.Display(i.Index)).Body.String()) {
			t.Error("it is asked again after it was decided")
		}
		one, err := truce.ParseClaimRef(form.Get("one"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := mediator(h).Claim(t.Context(), one)
		if err != nil || c.Incident == i.ID || c.Incident.IsZero() {
			t.Errorf("decided to be different, it stands in %v (%v)", c.Incident, err)
		}
		apart := h.get(t, "un", "/incidents/"+c.Incident.Display(c.Index)).Body.String()
		if !strings.Contains(apart, "Sheikh Maqsoud") || strings.Contains(h.get(t, "un", "/incidents/"+i.ID.Display(i.Index)).Body.String(), `id="`+strings.TrimPrefix(claimAnchor(c), "#")+`"`) {
			t.Error("the page does not show them apart at once")
		}
	}
	if asked != 1 {
		t.Errorf("%d incidents of 5 April ask", asked)
	}
}

// TestTotalsSayHowFarDoubtReaches reads the totals of the founding case: the
// spread drawn by the weights lies between low and high, and the page says it
// where anything is doubtful.
func TestTotalsSayHowFarDoubtReaches(t *testing.T) {
	h := readHouse(t)
	var got struct {
		Tolls []struct {
			Kind                      string `json:"kind"`
			Low, High, From, To, Best int32
			OrMore                    bool `json:"or_more"`
		} `json:"tolls"`
	}
	w := h.get(t, "un", "/api/tolls")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Tolls) == 0 {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	open := false
	for _, k := range got.Tolls {
		if k.Low > k.From || k.From > k.Best || k.Best > k.To || k.To > k.High {
			t.Errorf("%s: %+v is out of order", k.Kind, k)
		}
		open = open || k.From < k.To
	}
	page := h.get(t, "un", "/incidents").Body.String()
	if said := strings.Contains(page, "in nine of ten ways"); said != open || !open {
		t.Errorf("doubtful: %v, said on the page: %v", open, said)
	}
}
