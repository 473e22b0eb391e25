package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// inline is what the policy refuses, and what was not filled in.
var inline = regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+="|<style|<script(?:[^>]*)>[^<]|javascript:|ZgotmplZ|\{\{[^{]{0,80}`)

var idAttribute = regexp.MustCompile(`\sid="([^"]*)"`)

var namedBy = regexp.MustCompile(`\s(?:aria-labelledby|aria-describedby|for)="([^"]*)"`)

var pageLinks = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

// walk asks for every page that links lead to from the first one, as an
// office, and hands each to look.
func walk(t *testing.T, h *testHouse, office, lang string, look func(address string, status int, body string)) {
	t.Helper()
	const maxPages = 3000
	seen := map[string]bool{"/": true}
	todo := []string{"/", "/?day=2016-04-28", "/incidents?from=2016-04-01&to=2016-04-30&status=pending", "/incidents?q=hospital", "/licences"}
	for len(todo) > 0 && len(seen) < maxPages {
		address := todo[0]
		todo = todo[1:]
		w := h.get(t, office, withLang(address, lang))
		body := w.Body.String()
		look(address, w.Code, body)
		if to := w.Header().Get("Location"); to != "" && !seen[to] && follow(to) {
			seen[to] = true
			todo = append(todo, to)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range pageLinks.FindAllStringSubmatch(body, -1) {
			next, _, _ := strings.Cut(strings.ReplaceAll(m[1], "&amp;", "&"), "#")
			if strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !seen[next] && !strings.HasPrefix(next, "/assets/") && follow(next) {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
}

// follow leaves out forms, and most of what is endless: one page of a list
// stands for the others.
func follow(address string) bool {
	for _, part := range []string{"/choose", "/demo/", "after=", "before=", "/withdraw", "bbox=", "/tile/", "status=", "day=", "from="} {
		if strings.Contains(address, part) {
			return false
		}
	}
	return true
}

func withLang(address, lang string) string {
	if strings.Contains(address, "?") {
		return address + "&lang=" + lang
	}
	return address + "?lang=" + lang
}

func TestEveryLinkResolvesAndEveryPageIsStrict(t *testing.T) {
	h := readHouse(t)
	for _, c := range []struct{ office, lang string }{{"", "en"}, {"us", "ar"}} {
		t.Run(c.office+" "+c.lang, func(t *testing.T) {
			pages := 0
			walk(t, h, c.office, c.lang, func(address string, status int, body string) {
				pages++
				if status != http.StatusOK && status != http.StatusSeeOther {
					t.Errorf("%s: status %d", address, status)
				}
				switch {
				case strings.HasPrefix(address, "/bulletins/") && strings.Contains(body, "<style>"):
					// a stored edition: its one style is allowed by its hash, see TestAStoredBulletinIsServedAsItWasPublished
				case strings.Contains(body, "<!doctype html>"):
					strict(t, address, body)
				}
			})
			t.Log(pages, "pages")
		})
	}
}

func strict(t *testing.T, address, body string) {
	t.Helper()
	if found := inline.FindString(body); found != "" {
		t.Errorf("%s: the page has %q", address, found)
	}
	if n := strings.Count(body, "<h1"); n != 1 {
		t.Errorf("%s: %d h1, want 1", address, n)
	}
	ids := map[string]bool{}
	for _, m := range idAttribute.FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			t.Errorf("%s: two elements are called %q", address, m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range namedBy.FindAllStringSubmatch(body, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			if !ids[id] {
				t.Errorf("%s: nothing is called %q, which names or describes something", address, id)
			}
		}
	}
}
