// SPDX-License-Identifier: Apache-2.0

/// The behaviour of the page: asks for its live part, puts what changed in place, sends forms, and says when the process is gone.
///
/// What is in place keeps its focus, its scroll position and whether it is unfolded; texts come escaped from here, and no script in them would run.
enum PageScript {
    static let text = """
        "use strict";(()=>{
        const $=i=>document.getElementById(i),live=$("live"),lost=$("lost"),said=$("said"),root=document.documentElement;
        const uri=live.dataset.uri,every=2000;let since=null,timer=0,busy=false,states=look(live);
        function say(t){said.textContent=t}
        function look(e){const m=new Map();for(const r of e.querySelectorAll("tr[data-server]"))m.set(r.dataset.server,r.dataset.state);return m}
        function morph(a,b){
        if(a.nodeType!==b.nodeType||a.nodeName!==b.nodeName||(a.id||"")!==(b.id||"")){a.replaceWith(b);return}
        if(a.nodeType!==1){if(a.data!==b.data)a.data=b.data;return}
        for(const t of b.attributes)if(a.getAttribute(t.name)!==t.value)a.setAttribute(t.name,t.value);
        for(const t of [...a.attributes])if(!b.hasAttribute(t.name)&&t.name!=="disabled"&&t.name!=="open")a.removeAttribute(t.name);
        kids(a,b)}
        function kids(a,b){let x=a.firstChild,y=b.firstChild;
        while(y){const n=y.nextSibling;if(x){const m=x.nextSibling;morph(x,y);x=m}else a.appendChild(y);y=n}
        while(x){const n=x.nextSibling;x.remove();x=n}}
        function put(html){
        const d=new DOMParser().parseFromString("<div>"+html+"</div>","text/html").body.firstChild;
        kids(live,d);const now=look(live),news=[];
        for(const [k,v] of now)if(states.has(k)&&states.get(k)!==v)news.push(k+" is "+v);
        states=now;if(news.length)say(news.join(", "));
        const t=live.querySelector("[data-title]");if(t)document.title=t.dataset.title}
        async function refresh(){
        if(busy)return;busy=true;clearTimeout(timer);
        const stop=new AbortController(),limit=setTimeout(()=>stop.abort(),8000);
        try{const r=await fetch(uri+";live",{cache:"no-store",signal:stop.signal});
        if(!r.ok)throw new Error("it answered "+r.status);
        put(await r.text());
        if(since){since=null;lost.hidden=true;root.classList.remove("stale");say("relaybox answers again")}
        }catch(e){
        if(!since){since=new Date();root.classList.add("stale");lost.hidden=false;
        $("why").textContent="relaybox does not answer since "+since.toLocaleTimeString()+
        ". What you see is from before; trying again every "+every/1000+" seconds."}
        }finally{clearTimeout(limit);busy=false;if(!document.hidden)timer=setTimeout(refresh,every)}}
        live.addEventListener("submit",async e=>{
        const b=e.submitter;if(!b)return;e.preventDefault();const f=e.target,d=new URLSearchParams(new FormData(f));d.set(b.name,b.value);
        b.disabled=true;say(b.textContent+" "+f.dataset.what+" ...");
        try{const r=await fetch(uri,{method:"POST",body:d});
        if(!r.ok)say("Refused: "+(await r.text()).trim());
        else{const w=(r.url.split("st=")[1]||"").slice(0,4);
        if(w!=="DONE")say("Not done: "+f.dataset.what+" is not there any more, or cannot be changed")}
        }catch(x){say("Not done: relaybox does not answer")}
        b.disabled=false;refresh()});
        document.addEventListener("visibilitychange",()=>{if(!document.hidden)refresh()});
        timer=setTimeout(refresh,every)})();
        """
}
