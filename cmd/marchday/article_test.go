package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// shared returns a file of the material that is measured on where it is
// present; where it is not, the test says so and is skipped.
func shared(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("MARCHDAY_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	file := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(file); err != nil {
		t.Skipf("%s is not here: what it shows was not shown", name)
	}
	return file
}

// claimsOfImport imports an article and returns its claims.
func claimsOfImport(t *testing.T, dir string, args ...string) ([]picture.Claim, func(truce.IncidentID) picture.Incident) {
	t.Helper()
	var done imported
	if err := json.Unmarshal([]byte(mustRun(t, append([]string{"import", "article"}, append(args, "--data", dir, "--json")...)...)), &done); err != nil {
		t.Fatal(err)
	}
	h, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.open(t.Context(), h.clock(time.Now), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	v := c.View(truce.Viewer{Role: truce.Centre})
	claims, err := v.ClaimsOf(t.Context(), done.First)
	if err != nil {
		t.Fatal(err)
	}
	return claims, func(id truce.IncidentID) picture.Incident {
		i, err := v.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
}

// checkArticle holds what must be true of every article: nothing wished,
// planned, conditional or long past becomes an incident.
func checkArticle(t *testing.T, claims []picture.Claim) {
	t.Helper()
	for _, c := range claims {
		if c.Incident.IsZero() {
			continue
		}
		if !c.Claim.Stance.Asserted() && c.Claim.Stance != truce.Denied || c.Claim.Form == truce.Background || c.Claim.Form == truce.Aggregate {
			t.Errorf("%s, %s %s: became an incident: %q", c.Claim.Event, c.Claim.Stance, c.Claim.Form, c.Quote)
		}
	}
}

func TestTheArticleOfThirdMayBecomesClaimsWithTheirSpeakers(t *testing.T) {
	file := shared(t, "case/article.txt")
	claims, incident := claimsOfImport(t, demoCopy(t), file, "--publisher", "Press TV", "--dateline", "2016-05-03")
	checkArticle(t, claims)
	for _, c := range claims {
		if c.Incident.IsZero() {
			continue
		}
		if i := incident(c.Incident); i.Where.Point != nil && i.ID.Statement == c.Ref.Statement {
			t.Errorf("%s has a point at %s, which the article does not give: %q", c.Claim.Event, i.Where.Place, c.Quote)
		}
	}
	speakers := map[string]int{}
	for _, c := range claims {
		speakers[c.Speaker]++
	}
	if len(claims) < 12 {
		t.Errorf("%d claims", len(claims))
	}
	for name, ids := range map[string][]string{
		"the outlet":                   {"Press TV", "media:press-tv"},
		"the envoy":                    {"person:staffan-de-mistura", "official:org-un-envoy"},
		"the Russian foreign minister": {"person:sergei-lavrov", "official:RU-foreign-minister"},
		"the opposition committee":     {"org:high-negotiations-committee", "org:hnc"},
		"Berlin":                       {"gov:DE"},
	} {
		if !slices.ContainsFunc(ids, func(id string) bool { return speakers[id] > 0 }) {
			t.Errorf("%s says nothing: %v", name, speakers)
		}
	}
	places := 0
	for _, c := range claims {
		for _, a := range append(slices.Clone(c.Claim.Actors), c.Claim.Targets...) {
			if a.ID == "gn:524901" || a.ID == "gn:4140963" {
				t.Errorf("a capital that acts is no place: %q", c.Quote)
			}
		}
		if c.Claim.Event == "joint_centre" {
			for _, w := range c.Claim.Where {
				if w.Place == "gn:4140963" || w.Place == "gn:524901" {
					t.Errorf("the joint centre stands at %s: %q", w.Place, c.Quote)
				}
			}
		}
		if c.Claim.Event == "meeting_held" && c.Claim.Place().Place == "gn:524901" {
			places++
		}
	}
	if places == 0 {
		t.Error("\"in Moscow on Tuesday\" is no place")
	}
}

func TestAnArticleOfAnInventedCountryIsReadByTheSameRules(t *testing.T) {
	dir := demoCopy(t)
	xv := filepath.Join("..", "..", "extract", "testdata", "xv")
	for from, to := range map[string]string{"places": "gazetteer", "dict": "dict"} {
		if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(filepath.Join(xv, from))); err != nil {
			t.Fatal(err)
		}
	}
	claims, _ := claimsOfImport(t, dir, filepath.Join("testdata", "tolma.txt"), "--publisher", "Northern Wire", "--dateline", "2031-09-16")
	checkArticle(t, claims)
	if len(claims) < 6 {
		t.Errorf("%d claims", len(claims))
	}
	speakers := map[string]int{}
	for _, c := range claims {
		speakers[c.Speaker]++
	}
	for _, id := range []string{"person:ana-brisk", "org:red-valley-council", "mil:XV"} {
		if speakers[id] == 0 {
			t.Errorf("%s says nothing: %v", id, speakers)
		}
	}
}
