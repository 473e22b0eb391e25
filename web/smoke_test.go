package web
import ("testing";"time";"os";"strings")
func TestSmoke(t *testing.T){
 begin:=time.Now()
 h:=readHouse(t)
 t.Log("house",time.Since(begin))
 for _,a:=range strings.Fields(os.Getenv("PAGES")){
  b:=time.Now()
  w:=h.get(t,os.Getenv("OFFICE"),a)
  t.Log(a,w.Code,w.Body.Len(),time.Since(b))
  if os.Getenv("SHOW")!="" {t.Log(w.Body.String())}
 }
}
