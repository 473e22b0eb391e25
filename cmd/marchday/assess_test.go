package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/web"
)

// TestAssessSaysWhatThePictureSays computes every incident's verdicts from the
// record by the command and compares them with the picture's own rows.
func TestAssessSaysWhatThePictureSays(t *testing.T) {
	dir := demoCopy(t)
	k, err := openKnown(t.Context(), dir, time.Now, "", -1)
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := k.view.Incidents(t.Context(), picture.Filter{Limit: picture.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	defer k.centre.Close()
	differ := 0
	for i, x := range all {
		if i%5 != 0 && x.Agree { // a sample, and all whose readings differ
			continue
		}
		if !x.Agree {
			differ++
		}
		got, err := k.assess(t.Context(), x, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Acts) != len(x.Acts) {
			t.Errorf("%s: %d acts, the picture has %d", got.Incident, len(got.Acts), len(x.Acts))
			continue
		}
		for j := range x.Acts {
			if g, w := got.Acts[j].Agreement.Agree, x.Acts[j].Agreement.Agree; g != w {
				t.Errorf("%s: agree %v, the picture says %v", got.Incident, g, w)
			}
			for o := range x.Acts[j].Verdicts {
				sameVerdict(t, got.Incident, got.Acts[j].Verdicts[o], x.Acts[j].Verdicts[o])
			}
		}
	}
	if len(all) < 20 || differ == 0 {
		t.Errorf("%d incidents, %d with readings that differ: the sample shows nothing", len(all), differ)
	}
}

// sameVerdict compares a verdict computed now with the picture's, which leaves
// out the terms that list the act in no reading.
func sameVerdict(t *testing.T, incident string, now, kept truce.Verdict) {
	t.Helper()
	if now.Answer != kept.Answer || now.Office != kept.Office || now.Actor != kept.Actor || len(now.Members) != len(kept.Members) {
		t.Errorf("%s under %s: %s of %s, the picture says %s of %s", incident, now.Office, now.Answer, now.Actor, kept.Answer, kept.Actor)
		return
	}
	left := kept.Terms
	for _, n := range now.Terms {
		if len(left) > 0 && left[0].Term == n.Term {
			if left[0].Answer != n.Answer || !slices.Equal(left[0].Grounds, n.Grounds) || left[0].Span != n.Span {
				t.Errorf("%s under %s, %s: %s, the picture says %s", incident, now.Office, n.Term, n.Answer, left[0].Answer)
			}
			left = left[1:]
		} else if n.Answer != truce.OutsideAct {
			t.Errorf("%s under %s: the picture lacks %s, which says %s", incident, now.Office, n.Term, n.Answer)
		}
	}
	if len(left) > 0 {
		t.Errorf("%s under %s: the picture keeps terms that no longer stand: %v", incident, now.Office, left)
	}
	for i := range now.Members {
		sameVerdict(t, incident, now.Members[i], kept.Members[i])
	}
}

func TestAssessExplainsAsALawyerReads(t *testing.T) {
	dir := demoCopy(t)
	out := mustRun(t, "assess", "--data", dir, "--incident", "S374@0")
	for _, want := range []string{
		"Reading of us: PROHIBITED", "Reading of ru: INSUFFICIENT FACTS",
		"TC: prohibited", "Fire stops in the area of the calm while it lasts.",
		"missing ypg accepted", "when P4c began: not stated by this office",
		"What is missing, and would decide it:", "The readings differ.\n  on TC\n", "[S374 ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	one := mustRun(t, "assess", "--data", dir, "--incident", "S374@0", "--office", "us")
	if strings.Contains(one, "Reading of ru") || !strings.Contains(one, "The readings differ.") {
		t.Errorf("one office's reading, and still whether all agree:\n%s", one)
	}
	// before the offices read who fired (S384, S385) nobody could say
	then := mustRun(t, "assess", "--data", dir, "--incident", "S374@0", "--office", "us", "--as-of", "376")
	if !strings.Contains(then, "Reading of us: INSUFFICIENT FACTS") || !strings.Contains(then, "As known at index 376") {
		t.Errorf("as known at 376:\n%s", then)
	}
}

func TestAssessAnActAgainstADossier(t *testing.T) {
	act := filepath.Join(t.TempDir(), "act.json")
	write := func(s string) {
		if err := os.WriteFile(act, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"event":"shelling","actors":[{"id":"isl"}],"where":[{"place":"SY-HL","within":["SY"]}],"when":{"from":"2016-05-05T10:00:00Z","precision":"hour"}}`)
	out := mustRun(t, "assess", "--dossier", "syria-2016", "--act", act)
	if !strings.Contains(out, "Reading of us: OUTSIDE (ACTOR)") || !strings.Contains(out, "this office reads isl as excluded") {
		t.Errorf("an excluded actor is bound by no term:\n%s", out)
	}
	write(`{"event":"shelling","stance":"planned","actors":[{"id":"isl"}]}`)
	if code, _, errs := command(t, "assess", "--dossier", "syria-2016", "--act", act); code != exitUsage || !strings.Contains(errs, "nothing is alleged") {
		t.Errorf("a plan is no act: exit %d, %s", code, errs)
	}
	for _, args := range [][]string{{"assess"}, {"assess", "--data", "x"}, {"assess", "--dossier", "nowhere", "--act", act}, {"assess", "--dossier", "syria-2016", "--act", act + "x"}} {
		if code, _, _ := command(t, args...); code != exitUsage {
			t.Errorf("%v: exit %d, not %d", args, code, exitUsage)
		}
	}
}

// TestOneAnswerAboutTheRegime asks command and API the same, at several times
// and as known at several indexes.
func TestOneAnswerAboutTheRegime(t *testing.T) {
	dir := demoCopy(t)
	h, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.open(t.Context(), h.clock(time.Now), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	site, err := web.New(web.Options{Centre: c})
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]bool{}
	for _, q := range [][2]string{{"2016-05-04T12:00", "484"}, {"2016-05-04T12:00", "330"}, {"2016-02-26T12:00", "100"}, {"2016-05-31T23:00:00+03:00", "484"}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/regime", nil)
		query := r.URL.Query()
		query.Set("at", q[0])
		query.Set("n", q[1])
		r.URL.RawQuery = query.Encode()
		site.ServeHTTP(w, r)
		var api, cmd truce.InForce
		if err := json.Unmarshal(w.Body.Bytes(), &api); err != nil {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if err := json.Unmarshal([]byte(mustRun(t, "regime", "--data", dir, "--at", q[0], "--as-of", q[1], "--json")), &cmd); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(api, cmd) {
			t.Errorf("%v: the command answers otherwise than the API", q)
		}
		b, err := json.Marshal(cmd)
		if err != nil {
			t.Fatal(err)
		}
		answers[string(b)] = true
		r.URL.Path = "/regime"
		page := httptest.NewRecorder()
		site.ServeHTTP(page, r)
		for _, term := range cmd.Terms {
			if !strings.Contains(page.Body.String(), `id="term-`+string(term.Body.ID)+`"`) {
				t.Errorf("%v: the page does not show %s", q, term.Body.ID)
			}
		}
		if n := strings.Count(page.Body.String(), `id="span-`); n < len(cmd.Spans) {
			t.Errorf("%v: the page shows %d spans of %d", q, n, len(cmd.Spans))
		}
	}
	if len(answers) != 4 {
		t.Errorf("four questions got %d different answers", len(answers))
	}
}

// TestTheCommandListsWhatAStatementChanged asks command and API the same of
// every statement that changed a verdict, and of one that changed none.
func TestTheCommandListsWhatAStatementChanged(t *testing.T) {
	dir := demoCopy(t)
	h, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.open(t.Context(), h.clock(time.Now), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	site, err := web.New(web.Options{Centre: c})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(address string, into any) {
		t.Helper()
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", address, nil))
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%s: %d %s", address, w.Code, w.Body)
		}
	}
	var changing struct{ Rows []picture.Changing }
	ask("/api/reassessments", &changing)
	if len(changing.Rows) < 2 {
		t.Fatalf("%d statements changed a verdict: the founding case should show several", len(changing.Rows))
	}
	for _, s := range changing.Rows[:2] {
		var api struct{ Rows []picture.Reassessed }
		ask("/api/reassessments?statement="+strconv.FormatInt(s.Index, 10), &api)
		if len(api.Rows) != s.Verdicts {
			t.Errorf("statement %d: %d verdicts, the list says %d", s.Index, len(api.Rows), s.Verdicts)
		}
		out := mustRun(t, "regime", "--data", dir, "--changed-by", strconv.FormatInt(s.Index, 10))
		if got := strings.Count(out, ", then "); got < s.Verdicts {
			t.Errorf("statement %d: the command lists %d changes, the public's list %d:\n%s", s.Index, got, s.Verdicts, out)
		}
	}
	if out := mustRun(t, "regime", "--data", dir, "--changed-by", "0"); !strings.HasPrefix(out, "0 verdicts changed") {
		t.Errorf("the founding changed: %s", out)
	}
	if code, _, errs := command(t, "regime", "--data", dir, "--changed-by", "99999"); code != exitUsage {
		t.Errorf("an entry that is not there: exit %d: %s", code, errs)
	}
}
