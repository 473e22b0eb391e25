package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

// filed files a text and returns the incident's page of its first claim.
func filed(t *testing.T, h *testHouse, office, publisher, text string) truce.ClaimRef {
	t.Helper()
	form := url.Values{"text": {text}, "publisher": {publisher}, "channel": {"article"}, "marking": {"clear"}, "date": {"2016-05-04"}, "do": {"file"}}
	if w := h.post(t, office, "/intake/article", form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s, _ := newest(t, h)
	claims, err := mediator(h).ClaimsOf(t.Context(), s.Index)
	if err != nil || len(claims) == 0 {
		t.Fatalf("no claim was read: %v", err)
	}
	return claims[0].Ref
}

// TestTwoIncidentsAreMadeOneAndPartedAgain warns of a second filing, binds two
// incidents by a person's word, and takes it back by name.
func TestTwoIncidentsAreMadeOneAndPartedAgain(t *testing.T) {
	h := ownHouse(t)
	one := filed(t, h, "un", "Wire One", "Artillery shells hit the market of Homs on Wednesday, killing seven people, the council said.")
	look := url.Values{"text": {"Seven people were killed on Wednesday when artillery shells hit the market of Homs, a doctor said."}, "publisher": {"Wire Two"}, "channel": {"article"}, "marking": {"clear"}, "date": {"2016-05-04"}, "do": {"look"}}
	if page := h.post(t, "un", "/intake/article", look).Body.String(); !strings.Contains(page, "This may be here already") {
		t.Error("a second account of one event is filed without a warning")
	}
	two := filed(t, h, "un", "Wire Two", "Warplanes bombed a bridge near Aleppo on Tuesday, wounding four women, the army said.")
	decision := url.Values{"one": {one.String()}, "two": {two.String()}, "do": {"same"}, "why": {"one account says so"}}
	if w := h.post(t, "", "/decisions", decision); w.Code == http.StatusSeeOther {
		t.Error("nobody decided")
	}
	w := h.post(t, "un", "/decisions", decision)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	address, _, _ := strings.Cut(w.Header().Get("Location"), "#")
	page := h.get(t, "un", address).Body.String()
	if !strings.Contains(page, "one account says so") || !strings.Contains(page, "/withdraw") {
		t.Error("the decision, or the way to take it back, is not on the page")
	}
	if page := h.get(t, "us", address).Body.String(); strings.Contains(page, "/withdraw") {
		t.Error("another office is offered to take it back")
	}
	s, _ := newest(t, h)
	if w := h.post(t, "un", statementLink(s.Index).Href+"/withdraw", url.Values{"why": {"two events"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	a, _ := mediator(h).Incident(t.Context(), one)
	b, _ := mediator(h).Incident(t.Context(), two)
	if a.ID == b.ID || len(a.Claims) == 0 || len(b.Claims) == 0 {
		t.Errorf("taken back, the two are still one: %s, %s", a.ID, b.ID)
	}
}
