package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// TestTheCentresOfficeCorrectsABulletinByForm publishes an erratum as the
// centre's office does, and tries it as everybody else, twice, and without a
// reason.
func TestTheCentresOfficeCorrectsABulletinByForm(t *testing.T) {
	h := ownHouse(t)
	newest := func() (picture.Statement, *truce.Bulletin) {
		t.Helper()
		all, err := h.centre.View(truce.Viewer{}).Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{"bulletin"}, Limit: 1})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		body, err := all[0].Body()
		if err != nil {
			t.Fatal(err)
		}
		return all[0], body.(*truce.Bulletin)
	}
	old, body := newest()
	address := "/bulletins/" + body.Day + "/about"
	form := url.Values{"corrects": {strconv.FormatInt(old.Index, 10)}, "why": {"a source was counted twice"}}
	for _, o := range everyOffice(t, h) {
		page := h.get(t, string(o.ID), address).Body.String()
		strict(t, address, page)
		if may := o.Role == truce.Centre; strings.Contains(page, `name="corrects"`) != may {
			t.Errorf("%q (%s) sees the form: %v, want %v", o.ID, o.Role, !may, may)
		}
		if o.Role == truce.Centre {
			continue
		}
		if w := h.post(t, string(o.ID), address, form); w.Code != http.StatusForbidden {
			t.Errorf("%q (%s) publishes an erratum: %d, want 403", o.ID, o.Role, w.Code)
		}
	}
	office := string(old.Office)
	for name, c := range map[string]struct {
		form   url.Values
		status int
	}{
		"without a reason":    {url.Values{"corrects": form["corrects"], "why": {" "}}, http.StatusUnprocessableEntity},
		"of another bulletin": {url.Values{"corrects": {"1"}, "why": form["why"]}, http.StatusConflict},
	} {
		w := h.post(t, office, address, c.form)
		strict(t, address, w.Body.String())
		if w.Code != c.status {
			t.Errorf("an erratum %s: %d, want %d", name, w.Code, c.status)
		}
	}
	if w := h.post(t, office, address, form); w.Code != http.StatusSeeOther || w.Header().Get("Location") != address {
		t.Fatalf("the erratum: %d: %s", w.Code, faultOf(w.Body.String()))
	}
	_, corrected := newest()
	if corrected.Errata != old.ID || corrected.Why != "a source was counted twice" || corrected.Day != body.Day || corrected.Size <= body.Size {
		t.Errorf("the new bulletin is of %s, corrects %s because %q, of %d entries; want one that names %s", corrected.Day, corrected.Errata, corrected.Why, corrected.Size, old.ID)
	}
	if w := h.post(t, office, address, form); w.Code != http.StatusConflict {
		t.Errorf("the same form once more: %d, want 409", w.Code)
	}
	if page := h.get(t, "", address).Body.String(); !strings.Contains(page, "a source was counted twice") || !strings.Contains(page, "/record/"+strconv.FormatInt(old.Index, 10)) {
		t.Error("the new bulletin's page does not say why, or does not name what it corrects")
	}
	if page := h.get(t, office, address+"?edition=1").Body.String(); strings.Contains(page, `name="corrects"`) || !strings.Contains(page, "later bulletin") {
		t.Error("the page of a corrected bulletin offers to correct it, or does not lead on")
	}
	site, err := New(Options{Centre: h.centre, Demo: &DemoHooks{}})
	if err != nil {
		t.Fatal(err)
	}
	h.site = site
	if w := h.post(t, office, address, form); w.Code != http.StatusForbidden {
		t.Errorf("where nothing renders: %d, want 403", w.Code)
	}
}
