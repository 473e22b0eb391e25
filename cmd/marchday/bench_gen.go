package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/marchday/marchday/truce"
)

// The synthetic truce: reports with a known truth, for measuring the linker.
// Anybody can remake it from this description.
//
// The plain set. 2,000 places, used by Zipf(1.15), uniform in a box of 4.7 by 6
// degrees; districts are half-degree squares; 24 acts, uniform; 40 actors,
// Zipf(1.3); 550 reports a day. An incident lies at its place + N(0, 0.015
// degree) in each direction, at a uniform time of a day. It is told by a
// geometric number of reports (0.62 to go on, at most 40). A report's point is
// the incident's + N(0, 0.008 degree); of all, 25 % are at the settlement's
// centroid instead and 4 % on a grid of 0.2 degree. Its time is the incident's +
// |N(0, 90 min)|; 15 % a day late, 3 % early by |N(0, 90 min)|. The act is a
// sibling's in 12 %, any in 5 %. The accused is missing in 30 % and wrong in 8
// %; the side hit is stated for half of the incidents, with the same faults. The
// toll (geometric, mean 4) is missing in 30 % and scaled by 0.6 to 1.5 in 30 %.
// In 20 % a place name of eight letters or more loses one. A report has four
// words of 5,000, Zipf(1.0), each by 65 % one of the incident's six.
//
// Ordinary adds copies (20 % of the reports repeat an earlier report of their
// incident, field by field, its text but for one word; half of them cite it) and
// mirror claims (5 % of the incidents have a counterpart at the same place and
// time: one side tells where fire came from, the other where it fell).
//
// Worst adds exchanges (another 5 %: accuser and accused swapped), a fifth of the reports
// with a weekday only or no time, a tenth without a place, 2 % aggregates,
// bursts (on one day in five an hour of 20 incidents in one place), and two
// languages, half and half, that share no word.
type synthetic struct {
	r        *rand.Rand
	worst    bool
	plain    bool
	places   []synthPlace
	place    zipf
	actor    zipf
	word     zipf
	reports  []synthReport
	incident int
}

type synthPlace struct {
	name     string
	lon, lat float64
}

// synthReport is one report with its truth.
type synthReport struct {
	linkReport
	truth int   // incident, unique to an aggregate
	at    int64 // Unix seconds at which it came in
	seq   int   // order of making, to break ties
}

type synthIncident struct {
	id           int
	at           int64
	place        int
	lon, lat     float64
	act          string
	by, against  string
	killed       int
	words        [6]int
	side         string
	tellsAgainst bool
}

// zipf draws 0..n-1 with weight 1/(k+1)^s.
type zipf struct{ sum []float64 }

func newZipf(n int, s float64) zipf {
	z := zipf{make([]float64, n)}
	total := 0.0
	for k := range n {
		total += math.Pow(float64(k+1), -s)
		z.sum[k] = total
	}
	return z
}

func (z zipf) draw(r *rand.Rand) int {
	i, _ := slices.BinarySearch(z.sum, r.Float64()*z.sum[len(z.sum)-1])
	return min(i, len(z.sum)-1)
}

// synthActs are the 24 acts; siblings share a parent in the taxonomy.
var synthActs = [...]string{
	"shelling", "air_strike", "ground_attack", "clash", "bombing", "chemical_attack", "shoot_down", "gunfire",
	"killing", "abduction", "territory_gained", "territory_lost", "casualties_unspecified", "conflict_outbreak",
	"aid_access", "aid_delivery", "aid_blocked", "aid_diverted", "humanitarian_warning",
	"border_closure", "territory_divided", "territory_held", "arrest", "troop_movement",
}

// synthesize returns n reports of the scenario plain, ordinary or worst, in the
// order in which they come in.
func synthesize(scenario string, n int, seed uint64) ([]synthReport, error) {
	s := synthetic{r: rand.New(rand.NewPCG(seed, 2016)), plain: scenario == "plain", worst: scenario == "worst"}
	if !s.plain && !s.worst && scenario != "ordinary" {
		return nil, fmt.Errorf("--scenario %q: write plain, ordinary or worst", scenario)
	}
	s.place, s.actor, s.word = newZipf(2000, 1.15), newZipf(40, 1.3), newZipf(5000, 1)
	for i := range 2000 {
		s.places = append(s.places, synthPlace{s.name(i), 36 + 4.7*s.r.Float64(), 32 + 6*s.r.Float64()})
	}
	const start = 1456531200 // 2016-02-27
	day := int64(start)
	for len(s.reports) < n {
		for told := len(s.reports); len(s.reports) < told+550 && len(s.reports) < n; {
			s.tell(s.incidentAt(day+s.r.Int64N(86400), s.place.draw(s.r)))
		}
		if s.worst && s.r.IntN(5) == 0 {
			hour, place := day+3600*s.r.Int64N(24), s.place.draw(s.r)
			for range 20 {
				s.tell(s.incidentAt(hour+s.r.Int64N(3600), place))
			}
		}
		day += 86400
	}
	slices.SortFunc(s.reports, func(a, b synthReport) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.seq - b.seq
	})
	return s.reports[:n], nil
}

// name makes a place name of two to four syllables that no other place has.
func (s *synthetic) name(i int) string {
	const heads, tails = "bdfghjklmnqrstwz", "aeiou"
	var b strings.Builder
	for k := 0; k < 2 || i > 0; k++ {
		b.WriteByte(heads[i%len(heads)])
		i /= len(heads)
		b.WriteByte(tails[s.r.IntN(len(tails))])
		if s.r.IntN(3) == 0 {
			b.WriteByte(heads[s.r.IntN(len(heads))])
		}
	}
	return b.String() + [...]string{"an", "iyah", "abad", "oun"}[s.r.IntN(4)]
}

func (s *synthetic) incidentAt(at int64, place int) synthIncident {
	s.incident++
	p := s.places[place]
	in := synthIncident{
		id: s.incident, at: at, place: place, lon: p.lon + 0.015*s.r.NormFloat64(), lat: p.lat + 0.015*s.r.NormFloat64(),
		act: synthActs[s.r.IntN(len(synthActs))], by: actorName(s.actor.draw(s.r)), tellsAgainst: s.r.IntN(2) == 0,
	}
	for in.against = in.by; in.against == in.by; {
		in.against = actorName(s.actor.draw(s.r))
	}
	for s.r.Float64() < 0.8 && in.killed < 200 {
		in.killed++
	}
	for k := range in.words {
		in.words[k] = s.word.draw(s.r)
	}
	return in
}

func actorName(i int) string { return fmt.Sprintf("actor-%02d", i) }

// tell makes the reports of an incident and, where the scenario has them, of
// its mirror or its answer.
func (s *synthetic) tell(in synthIncident) {
	kind := s.r.IntN(20)
	mirror, exchange := !s.plain && kind == 0, s.worst && kind == 1
	if !mirror && !exchange {
		s.tellOne(in)
		return
	}
	other := s.incidentAt(in.at+s.r.Int64N(1800), in.place)
	other.lon, other.lat, other.act = in.lon, in.lat, in.act
	other.by, other.against = in.against, in.by
	in.tellsAgainst, other.tellsAgainst = true, true
	if mirror {
		in.side, other.side = "firing", "impact"
	}
	s.tellOne(in)
	s.tellOne(other)
}

func (s *synthetic) tellOne(in synthIncident) {
	first := len(s.reports)
	for told := 0; told < 40; told++ {
		if n := len(s.reports) - first; n > 0 && !s.plain && s.r.IntN(5) == 0 {
			s.copy(s.reports[first+s.r.IntN(n)])
		} else {
			s.report(in)
		}
		if s.r.Float64() >= 0.62 {
			break
		}
	}
	if s.worst && s.r.IntN(20) == 0 {
		s.aggregate(in)
	}
}

func (s *synthetic) append(rep linkReport, truth int, at int64) {
	rep.ReportID = fmt.Sprintf("r%07d", len(s.reports)+1)
	s.reports = append(s.reports, synthReport{rep, truth, at, len(s.reports)})
}

// report makes one account of an incident of its own.
func (s *synthetic) report(in synthIncident) {
	r := s.r
	rep := linkReport{Source: fmt.Sprintf("src-%04d", r.IntN(3000)), Lang: "en", Side: in.side}
	if s.worst && r.IntN(2) == 0 {
		rep.Lang = "xx"
	}
	at := in.at + int64(5400*math.Abs(r.NormFloat64()))
	switch k := r.IntN(100); {
	case k < 15:
		at += 86400
	case k < 18:
		at = in.at - int64(5400*math.Abs(r.NormFloat64()))
	}
	rep.Published, rep.TimeFrom = stamp(at+600), stamp(at)
	s.where(in, &rep)
	rep.Type = in.act
	switch k := r.IntN(100); {
	case k < 12:
		rep.Type = s.sibling(in.act)
	case k < 17:
		rep.Type = synthActs[r.IntN(len(synthActs))]
	}
	rep.By = s.party(in.by)
	if in.tellsAgainst {
		rep.Against = s.party(in.against)
	}
	if r.IntN(10) >= 3 {
		toll := int32(in.killed)
		if r.IntN(10) < 3 {
			toll = int32(math.Round(float64(toll) * (0.6 + 0.9*r.Float64())))
		}
		rep.KilledLow, rep.KilledHigh = &toll, &toll
	}
	rep.Text = s.text(in, rep.Lang)
	if s.worst {
		s.spoil(&rep, at)
	}
	s.append(rep, in.id, at)
}

func stamp(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

// where sets a report's point, its precision, and the place's name as spelled.
func (s *synthetic) where(in synthIncident, rep *linkReport) {
	r, p := s.r, s.places[in.place]
	lon, lat, precision := in.lon+0.008*r.NormFloat64(), in.lat+0.008*r.NormFloat64(), int32(2000)
	switch k := r.IntN(100); {
	case k < 25:
		lon, lat, precision = p.lon, p.lat, 4000
	case k < 29:
		lon, lat, precision = math.Round(lon*5)/5, math.Round(lat*5)/5, 15000
	}
	lon, lat = math.Round(lon*1e6)/1e6, math.Round(lat*1e6)/1e6
	rep.Lon, rep.Lat, rep.PrecisionM = &lon, &lat, precision
	rep.Place, rep.District = p.name, fmt.Sprintf("d%d-%d", int(p.lon*2), int(p.lat*2))
	if len(p.name) >= 8 && r.IntN(5) == 0 {
		cut := 1 + r.IntN(len(p.name)-1)
		rep.Place = p.name[:cut] + p.name[cut+1:]
	}
}

func (s *synthetic) party(name string) []string {
	switch k := s.r.IntN(100); {
	case k < 30:
		return nil
	case k < 38:
		return []string{actorName(s.r.IntN(40))}
	}
	return []string{name}
}

func (s *synthetic) sibling(act string) string {
	parent := map[string]string{}
	for _, n := range truce.Taxonomy() {
		parent[n.Name] = n.Parent
	}
	var kin []string
	for _, a := range synthActs {
		if a != act && parent[a] == parent[act] {
			kin = append(kin, a)
		}
	}
	if len(kin) == 0 {
		return act
	}
	return kin[s.r.IntN(len(kin))]
}

// text is four words in the plain set; in the others they stand in a sentence
// of sixteen, the rest being words that every report uses.
func (s *synthetic) text(in synthIncident, lang string) string {
	var words []string
	for range 4 {
		w := s.word.draw(s.r)
		if s.r.IntN(100) < 65 {
			w = in.words[s.r.IntN(len(in.words))]
		}
		words = append(words, fmt.Sprintf("%sword%04d", lang, w))
		for k := 0; k < 3 && !s.plain; k++ {
			words = append(words, fmt.Sprintf("%sfill%02d", lang, s.r.IntN(40)))
		}
	}
	return strings.Join(words, " ")
}

// copy repeats a report under another name.
func (s *synthetic) copy(of synthReport) {
	rep := of.linkReport
	rep.Source = fmt.Sprintf("src-%04d", s.r.IntN(3000))
	words := strings.Fields(rep.Text)
	words[s.r.IntN(len(words))] = fmt.Sprintf("%sfill%02d", rep.Lang, s.r.IntN(40))
	rep.Text = strings.Join(words, " ")
	if s.r.IntN(2) == 0 {
		rep.Cites = []string{of.ReportID}
	}
	at := of.at + 60 + s.r.Int64N(7200)
	if rep.Published != "" {
		rep.Published = stamp(at + 600)
	}
	s.append(rep, of.truth, at)
}

// spoil takes away what reports of the worst scenario do not know.
func (s *synthetic) spoil(rep *linkReport, at int64) {
	switch s.r.IntN(10) {
	case 0:
		rep.Published, rep.TimeFrom, rep.TimePrecision = "", stamp(at - at%86400)[:10], "weekday"
	case 1:
		rep.Published, rep.TimeFrom = "", ""
	}
	if s.r.IntN(10) == 0 {
		rep.Lon, rep.Lat, rep.PrecisionM, rep.Place, rep.District = nil, nil, 0, "", ""
	}
}

// aggregate makes a claim about the day before, which belongs to no incident.
func (s *synthetic) aggregate(in synthIncident) {
	n := int32(5 + s.r.IntN(40))
	rep := linkReport{
		Source: fmt.Sprintf("src-%04d", s.r.IntN(3000)), Lang: "en", Form: "aggregate", Type: in.act,
		Published: stamp(in.at + 86400), TimeFrom: stamp(in.at - in.at%86400), District: "d72-68", KilledLow: &n, Text: s.text(in, "en"),
	}
	s.incident++
	s.append(rep, s.incident, in.at+86400)
}

// writeReports writes the reports as JSON lines and, to truth if it is not nil,
// report_id,incident_id.
func writeReports(reports []synthReport, out, truth io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<20)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range reports {
		if err := enc.Encode(&reports[i].linkReport); err != nil {
			return fmt.Errorf("write report %s: %w", reports[i].ReportID, err)
		}
	}
	if err := w.Flush(); err != nil || truth == nil {
		return err
	}
	t := bufio.NewWriterSize(truth, 1<<20)
	fmt.Fprintln(t, "report_id,incident_id")
	for i := range reports {
		fmt.Fprintf(t, "%s,i%d\n", reports[i].ReportID, reports[i].truth)
	}
	return t.Flush()
}
