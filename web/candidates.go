package web

import (
	"strconv"

	"github.com/marchday/marchday/truce"
)

const (
	maxCandidates    = 3
	maxCandidateMaps = 40              // on one page; the table holds all
	candidateMargin  = 3 * degree / 10 // around the outermost candidates
)

// candidates are the places, best first, that the words of a claim's first place
// may mean, as far as they have a point.
func candidates(c truce.Claim) []truce.Where {
	if len(c.Where) == 0 || c.Where[0].Span == nil {
		return nil
	}
	var out []truce.Where
	for _, w := range c.Where {
		if w.Score > 0 && w.Point != nil && w.Span != nil && *w.Span == *c.Where[0].Span && len(out) < maxCandidates {
			out = append(out, w)
		}
	}
	return out
}

// candidateMap draws the places that a claim's words may mean, numbered by their
// rank; a mark leads to the question that chooses among them. Nothing is drawn
// where there is no choice, or none of them is on the map.
func (v *visit) candidateMap(i int, c truce.Claim) Drawn {
	all := candidates(c)
	if len(all) < 2 || v.s.base == nil {
		return Drawn{}
	}
	m := Map{ID: "may-" + rowID(i), Label: v.t.T("review.candidates"), Several: "map.cluster_places"}
	land, box := v.s.base.box, Box{}
	for n, w := range all {
		at := Point{int64(w.Point.Lon), int64(w.Point.Lat)}
		if at.Lon < land.West || at.Lon > land.East || at.Lat < land.South || at.Lat > land.North {
			m.Unplaced++
			continue
		}
		mark := MapMark{At: at, Title: v.comma(strconv.Itoa(n+1)+". "+v.place(w), v.unit(w), v.t.T("intake.score", "n", w.Score))}
		if v.may("claim") {
			mark.Href = "#f-" + fixName(i, "where")
		}
		if len(m.Marks) == 0 {
			box = Box{at.Lon, at.Lat, at.Lon, at.Lat}
		}
		box = Box{min(box.West, at.Lon), min(box.South, at.Lat), max(box.East, at.Lon), max(box.North, at.Lat)}
		m.Marks = append(m.Marks, mark)
		m.Labels = append(m.Labels, MapLabel{At: at, Text: strconv.Itoa(n + 1)})
	}
	if len(m.Marks) == 0 {
		return Drawn{}
	}
	m.Box = Box{max(box.West-candidateMargin, land.West), max(box.South-candidateMargin, land.South), min(box.East+candidateMargin, land.East), min(box.North+candidateMargin, land.North)}
	m.Caption = v.t.T("review.candidates_note", "n", len(all), "off", m.Unplaced)
	drawn, err := v.s.base.Draw(v.t, m)
	if err != nil {
		return Drawn{} // the table holds them
	}
	drawn.Size = "narrow"
	return drawn
}
