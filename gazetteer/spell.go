package gazetteer

import (
	"strings"
	"unicode/utf8"
)

// letters gives, for letters outside Latin, the Latin letters of the common
// spelling. Digits of sound are written with capitals: S is sh, X is kh, G is
// gh, J is j, H is a h that may be missing.
var letters = map[rune]string{
	'ا': "a", 'ب': "b", 'ت': "t", 'ث': "t", 'ج': "j", 'ح': "h", 'خ': "X", 'د': "d", 'ذ': "d", 'ر': "r", 'ز': "z", 'س': "s", 'ش': "S", 'ص': "s",
	'ض': "d", 'ط': "t", 'ظ': "z", 'ع': "", 'غ': "G", 'ف': "f", 'ق': "k", 'ك': "k", 'ل': "l", 'م': "m", 'ن': "n", 'ه': "h", 'و': "w", 'ي': "y",
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "j", 'з': "z", 'и': "i", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o",
	'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "X", 'ц': "ts", 'ч': "S", 'ш': "S", 'щ': "S", 'ъ': "", 'ы': "i", 'ь': "", 'э': "e",
	'ю': "yu", 'я': "ya",
}

type digraph struct{ from, to string }

// digraphs are Latin letter groups that stand for one sound, longest first.
var digraphs = []digraph{
	{"dsch", "J"}, {"tsch", "S"}, {"dzh", "J"}, {"sch", "S"}, {"дж", "J"},
	{"sh", "S"}, {"ch", "S"}, {"kh", "X"}, {"gh", "G"}, {"dj", "J"}, {"zh", "J"}, {"th", "t"}, {"dh", "d"}, {"ph", "f"}, {"ou", "u"}, {"oo", "u"}, {"ee", "i"}, {"ck", "k"}, {"qu", "k"},
}

// romanise appends a folded word in the common spelling: one letter a sound,
// o u w as u, e i y as i, doubled letters once, final -h, -ah, -eh, -e, -at as a.
func romanise(b []byte, w string) []byte {
	from := len(b)
	for i := 0; i < len(w); {
		s, n := sound(w[i:])
		i += n
		for k := range len(s) {
			c := s[k]
			switch c {
			case 'o', 'w':
				if len(b) > from || c == 'o' {
					c = 'u'
				}
			case 'e', 'y':
				if len(b) > from || c == 'e' {
					c = 'i'
				}
			case 'q', 'c':
				c = 'k'
			case 'p':
				c = 'b'
			case 'j':
				c = 'J'
			}
			if len(b) > from && b[len(b)-1] == c {
				continue
			}
			b = append(b, c)
		}
	}
	return feminine(b, from)
}

// sound returns the spelling of the first sound of w, and its bytes.
func sound(w string) (string, int) {
	for _, d := range digraphsBy[w[0]] {
		if strings.HasPrefix(w, d.from) {
			return d.to, len(d.from)
		}
	}
	if w[0] < utf8.RuneSelf {
		return w[:1], 1
	}
	r, n := utf8.DecodeRuneInString(w)
	if int(r) < len(letterTable) && letterTable[r].known {
		return letterTable[r].to, n
	}
	return w[:n], n
}

// digraphsBy holds the digraphs by their first byte, letterTable the letters by
// their rune, for speed.
var digraphsBy = func() (t [256][]digraph) {
	for _, d := range digraphs {
		t[d.from[0]] = append(t[d.from[0]], d)
	}
	return t
}()

var letterTable = func() (t [0x700]struct {
	to    string
	known bool
}) {
	for r, s := range letters {
		t[r].to, t[r].known = s, true
	}
	return t
}()

// feminine writes the ending -ah, -eh, -e, -i(ya), -at as a.
func feminine(b []byte, from int) []byte {
	n := len(b) - from
	if n > 3 && b[len(b)-1] == 'h' && isVowel(b[len(b)-2]) {
		b = b[:len(b)-1]
		b[len(b)-1] = 'a'
		return b
	}
	if n > 3 && b[len(b)-1] == 'h' {
		b[len(b)-1] = 'a'
	} else if n > 3 && b[len(b)-1] == 't' && b[len(b)-2] == 'a' {
		b = b[:len(b)-1]
	}
	return b
}

func isVowel(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' }

// skeleton appends the consonants of a word in the common spelling: vowels out,
// h out, w and y out except at the start, doubles once, confusable sounds that
// spellings mix most made one (z with d, kh stays).
func skeleton(b, r []byte) []byte {
	from := len(b)
	for i, c := range r {
		switch {
		case isVowel(c), c == 'h' && i > 0:
			continue
		case c == 'v':
			c = 'w'
		case c == 'h':
			continue
		}
		if len(b) > from && b[len(b)-1] == c {
			continue
		}
		b = append(b, c)
	}
	if len(b) == from { // a word of vowels only
		return append(b, r...)
	}
	return b
}

// The costs of the distance, in twentieths of a letter.
const (
	costLetter    = 20
	costConfused  = 10
	costLoose     = 8 // insert or delete a vowel, h or blank
	costVowel     = 5
	costAcross    = 3 // w with u, y with i
	maxCompared   = 64
	maxSimilarity = 1000
)

// confused are sounds that spellings mix.
var confused = func() map[[2]byte]bool {
	m := map[[2]byte]bool{}
	for _, p := range []string{"dz", "ts", "gJ", "gk", "gG", "Gk", "GJ", "Xh", "Xk", "sS", "sz", "td", "nm", "JS", "vb", "vu", "JS", "vw", "fv", "rG"} {
		m[[2]byte{p[0], p[1]}], m[[2]byte{p[1], p[0]}] = true, true
	}
	return m
}()

// mixed is confused as a table, for speed.
var mixed = func() (t [128][128]bool) {
	for p := range confused {
		t[p[0]][p[1]] = true
	}
	return t
}()

func confusedAt(a, b byte) bool { return a < 128 && b < 128 && mixed[a][b] }

func loose(c byte) bool { return isVowel(c) || c == 'h' || c == ' ' || c == 'w' || c == 'y' }

// costs is what it takes to read one letter of the common spelling as another.
var costs = func() (t [128][128]uint8) {
	for a := range t {
		for b := range t[a] {
			t[a][b] = uint8(swapCost(byte(a), byte(b)))
		}
	}
	return t
}()

func swap(a, b byte) int {
	if a|b >= 128 {
		if a == b {
			return 0
		}
		return costLetter
	}
	return int(costs[a][b])
}

func swapCost(a, b byte) int {
	switch {
	case a == b:
		return 0
	case isVowel(a) && isVowel(b):
		return costVowel
	case a == 'w' && b == 'u' || a == 'u' && b == 'w' || a == 'y' && b == 'i' || a == 'i' && b == 'y':
		return costAcross
	case confused[[2]byte{a, b}]:
		return costConfused
	}
	return costLetter
}

// drops is what it takes to leave a letter out.
var drops = func() (t [256]uint8) {
	for c := range t {
		t[c] = costLetter
		if loose(byte(c)) {
			t[c] = costLoose
		}
	}
	return t
}()

func drop(c byte) int {
	return int(drops[c])
}

// similarity compares two romanised names, per mille: 1000 less 1.6 times the
// weighted distance over the longer length. Where that is surely below least
// it stops and returns 0.
func similarity(a, b string, least int32) int32 {
	if len(a) > maxCompared || len(b) > maxCompared || len(a) == 0 || len(b) == 0 {
		if a == b {
			return maxSimilarity
		}
		return 0
	}
	longer := max(len(a), len(b))
	top := ((maxSimilarity+1-int(least))*costLetter*longer - 1) / 1600 // a greater distance is too far
	if least > maxSimilarity || (longer-min(len(a), len(b)))*costLoose > top {
		return 0
	}
	var row [maxCompared + 1]int // of one letter of a, from the one before
	for j := range len(b) {
		row[j+1] = row[j] + drop(b[j])
	}
	for i := range len(a) {
		less, above, left := drop(a[i]), row[0], row[0]+drop(a[i])
		row[0] = left
		nearest := left
		for j := range len(b) {
			left = min(above+swap(a[i], b[j]), row[j+1]+less, left+drop(b[j]))
			above, row[j+1] = row[j+1], left
			nearest = min(nearest, left)
		}
		if nearest > top {
			return 0
		}
	}
	return int32(max(0, maxSimilarity-1600*row[len(b)]/(costLetter*longer)))
}

// words makes a table from lines of alternatives: every form -> the line.
func words(lines ...string) map[string]uint8 {
	m := map[string]uint8{}
	for i, l := range lines {
		for _, w := range strings.Fields(l) {
			m[w] = uint8(i)
		}
	}
	return m
}

// generics are the common nouns in names. One may be missing on one side; two
// different ones mean two places.
var generics = words(
	"tell tel tall tal تل телль тель",
	"ain ein ayn aain عين айн эйн",
	"deir dayr der dair دير дейр",
	"kafr kfar kafar kefer kefr kufr كفر кафр",
	"beit bayt bet bait بيت бейт",
	"abu abou abo bu ابو абу",
	"umm um om omm ام умм",
	"sheikh shaykh cheikh sheik shekh شيخ шейх",
	"maarrat maaret maart maarat marrat maarit معره мааррат маарет",
	"jisr jesr جسر джиср",
	"jabal jebel jabel mount جبل джебель",
	"khan خان хан",
	"wadi wady وادي вади",
	"hosh housh hawsh حوش хош",
	"khirbat khirbet kherbet khurbet خربه хирбет",
	"burj برج бурдж",
	"ras راس рас",
	"bir beer بر бир",
	"qalat qalaat kalaat قلعه",
	"saint st san",
	"khirba",
	"nahr river نهر",
	"san",
	"port",
	"new",
	"fort",
)

// qualifiers tell two places of one name apart. Contradicting ones are a no.
var qualifiers = words(
	"east eastern sharq sharki sharqi shark شرق شرقي восточный восточная",
	"west western gharb garb gharbi غرب غربي западный западная",
	"north northern shamal shamali shmal شمال شمالي северный северная",
	"south southern janub janoub janubi qibli qebli kebli جنوب جنوبي قبلي южный южная",
	"upper fawqan foqan fawkan foka fawka fawqa foqa foqani فوقا فوقاني",
	"lower tahtan tahta tahtani تحتا تحتاني",
	"great greater big kabir kabeer kbir كبير большой",
	"small little saghir sagheer sghir zghir صغير малый",
	"jadid jadeed jadida jdid jdide جديد новый",
	"old qadim qadeem kadim قديم старый",
)

// classWords stand beside a name and say what it is; empty says nothing.
var classWords = map[string]Class{
	"village": Village, "villages": Village, "قريه": Village, "قري": Village, "قريتي": Village, "деревня": Village, "село": Village, "деревни": Village,
	"town": Town, "towns": Town, "بلده": Town, "بلدات": Town, "بلدتي": Town, "посёлок": Town, "посёлка": Town, "посёлке": Town, "город": City, "city": City, "مدينه": City,
	"neighbourhood": Neighbourhood, "neighborhood": Neighbourhood, "district": "", "hayy": Neighbourhood, "hay": Neighbourhood, "حي": Neighbourhood, "район": "", "квартал": Neighbourhood,
	"camp": Camp, "مخيم": Camp, "лагерь": Camp, "countryside": Region, "suburbs": Region, "suburb": Region, "rif": Region, "reef": Region, "rural": Region, "ريف": Region, "пригород": Region,
	"subdistrict": Adm3, "nahiya": Adm3, "ناحيه": Adm3, "governorate": Adm1, "province": Adm1, "muhafazat": Adm1, "muhafazah": Adm1, "محافظه": Adm1, "провинция": Adm1, "провинции": Adm1, "мухафаза": Adm1,
	"governorates": Adm1, "provinces": Adm1, "محافظتي": Adm1, "محافظات": Adm1, "ريفي": Region, "провинций": Adm1, "провинциях": Adm1, "провинцию": Adm1, "провинцией": Adm1, "мухафазы": Adm1, "мухафазе": Adm1,
	"farms": Village, "mazari": Village, "مزارع": Village, "farm": Village, "road": Road, "square": Facility, "crossing": Crossing, "معبر": Crossing, "area": "", "region": "", "منطقه": "", "the": "", "of": "", "de": "", "da": "", "do": "",
	"du": "", "des": "", "del": "", "hill": Hill, "island": "", "islands": "",
}

// ClassOf is the class that a common noun gives to the name beside it: village,
// town, camp; empty for other words. Case, marks and an Arabic article do not
// matter.
func ClassOf(word string) Class { return classWords[dropArabicArticle(Fold(word))] }

// Generic reports whether a common noun begins the name that it stands in: Tell,
// Deir.
func Generic(word string) bool {
	_, ok := generics[dropArabicArticle(Fold(word))]
	return ok
}

// Qualifier reports whether an adjective tells two places of one name apart:
// Upper, East.
func Qualifier(word string) bool {
	_, ok := qualifiers[trimNisba(dropArabicArticle(Fold(word)))]
	return ok
}

// plainLetters writes the sounds of the common spelling as people read them.
var plainLetters = map[byte]string{'S': "sh", 'X': "kh", 'G': "gh", 'J': "j", 'H': "h"}

// Latin spells a text in plain Latin letters, whatever its script, for making
// ids of names. It is one spelling among many and stands for none.
func Latin(s string) string {
	folded := Fold(s)
	var b strings.Builder
	for i := 0; i < len(folded); {
		if folded[i] < utf8.RuneSelf {
			b.WriteByte(folded[i])
			i++
			continue
		}
		out, n := sound(folded[i:])
		i += n
		for k := range len(out) {
			if p, ok := plainLetters[out[k]]; ok {
				b.WriteString(p)
			} else {
				b.WriteByte(out[k])
			}
		}
	}
	return b.String()
}
