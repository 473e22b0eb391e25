//go:build specimen

package web

import (
	"encoding/json"
	"flag"
	"net/http"
	"testing"
	"time"
)

var serve = flag.String("serve", "127.0.0.1:8090", "where to serve the specimen, until killed")

// TestSpecimenServed serves the specimen with the islands of the build: it is
// how the parts are looked at, by eye and by test/browser.sh.
func TestSpecimenServed(t *testing.T) {
	p := testPages(t)
	base := foundingBase(t)
	mux := http.NewServeMux()
	mux.Handle("/assets/", p.assets)
	mux.Handle("/map/base.geojson", base)
	mux.HandleFunc("POST /choose", p.Choose)
	mux.HandleFunc("/licences", func(w http.ResponseWriter, r *http.Request) { _ = p.Licences(w, p.Frame(r, "")) })
	mux.HandleFunc("/api/series", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(specimenSeries())
	})
	mux.HandleFunc("/api/incidents.geojson", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(specimenIncidents))
	})
	mux.HandleFunc("/incidents", func(w http.ResponseWriter, r *http.Request) {
		s := specimenPage(t, p, r)
		if r.URL.Query().Has("islands") {
			drawn, err := base.Draw(p.catalogue.In(s.Lang), Map{Source: "/api/incidents.geojson", Marks: []MapMark{{degrees(37.15, 36.2), "x", "/incidents", ""}}})
			if err != nil {
				t.Error(err)
			}
			s.Map, s.Days.Island, s.Days.Source = drawn, "timeline", "/api/series"
		}
		if err := p.Render(w, http.StatusOK, "specimen", s); err != nil {
			t.Error(err)
		}
	})
	server := &http.Server{Addr: *serve, Handler: mux, ReadHeaderTimeout: time.Second}
	if err := server.ListenAndServe(); err != nil {
		t.Fatal(err)
	}
}

const specimenIncidents = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a","title":"Shelling / قصف","href":"/incidents?1","kind":"prohibited"},"geometry":{"type":"Point","coordinates":[36.7,36.0]}},
{"type":"Feature","properties":{"id":"b","title":"Strike","href":"/incidents?2","kind":"exempt"},"geometry":{"type":"Point","coordinates":[38.9,35.9]}},
{"type":"Feature","properties":{"id":"c","title":"Fire","href":"/incidents?3","kind":"outside"},"geometry":{"type":"Point","coordinates":[40.1,35.3]}},
{"type":"Feature","properties":{"id":"d","title":"Blast","href":"/incidents?4","kind":"insufficient"},"geometry":{"type":"Point","coordinates":[36.3,33.5]}},
{"type":"Feature","properties":{"id":"e","title":"Fire","href":"/incidents?5","kind":""},"geometry":{"type":"Point","coordinates":[37.15,36.2]}},
{"type":"Feature","properties":{"id":"f","title":"Fire","href":"/incidents?6","kind":""},"geometry":{"type":"Point","coordinates":[37.16,36.21]}},
{"type":"Feature","properties":{"id":"g","title":"Area only","href":"/incidents?7","kind":""},"geometry":null}]}`
