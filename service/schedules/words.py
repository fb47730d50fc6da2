"""What a schedule itself says to its readers, in their languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from service.outlook.language import language

TEXTS: Mapping[str, Mapping[str, str]] = {
    "no outlook": {
        "en": "No outlook today: {title}, {day}",
        "tr": "Bugün öngörü yok: {title}, {day}",
        "ar": "لا توقعات اليوم: {title}، {day}",
    },
    "because": {
        "en": "There is no outlook of {title} for {day}, because {why}.",
        "tr": "{title} için {day} tarihli öngörü yok. Nedeni: {why}.",
        "ar": "لا توجد توقعات بشأن {title} ليوم {day}. السبب: {why}.",
    },
    "last": {
        "en": "The last outlook is that of {day}. Do not take it for today's.",
        "tr": "Son öngörü {day} tarihlidir. Bugünün öngörüsü yerine kullanmayın.",
        "ar": "آخر توقعات هي توقعات {day}. لا تعتبروها توقعات اليوم.",
    },
    "stale": {
        "en": "{source} reaches {through} only, {age} days ago; the limit is {limit}",
        "tr": "{source} verileri yalnızca {through} tarihine kadar, {age} gün önce; sınır {limit}",
        "ar": "بيانات {source} تصل إلى {through} فقط، أي قبل {age} يومًا؛ والحد {limit}",
    },
    "nothing": {
        "en": "{source} has published nothing yet",
        "tr": "{source} henüz bir şey yayımlamadı",
        "ar": "لم ينشر {source} شيئًا بعد",
    },
    "failed": {
        "en": "it could not be made ({text})",
        "tr": "hazırlanamadı ({text})",
        "ar": "تعذّر إعدادها ({text})",
    },
    "withdrawn": {
        "en": "Withdrawn: {subject}",
        "tr": "Geri çekildi: {subject}",
        "ar": "مسحوبة: {subject}",
    },
    "do not use": {
        "en": "“{subject}” is withdrawn: {why}. Do not use its figures.",
        "tr": "“{subject}” geri çekildi: {why}. Rakamlarını kullanmayın.",
        "ar": "سُحبت «{subject}»: {why}. لا تستخدموا أرقامها.",
    },
    "alarm": {
        "en": "Alarm: {title}",
        "tr": "Alarm: {title}",
        "ar": "إنذار: {title}",
    },
    "likely": {
        "en": "More than {over} arrivals in {place} from {start} to {end}: the chance is {chance}; "
        "the alarm is raised at {level}. As of {day}.",
        "tr": "{place} için {start} ile {end} arasında {over} üzerinde varış olasılığı {chance}; "
        "alarm eşiği {level}. Tarih: {day}.",
        "ar": "احتمال وصول أكثر من {over} إلى {place} من {start} إلى {end} هو {chance}؛ "
        "ويُطلق الإنذار عند {level}. حتى {day}.",
    },
    "highest": {
        "en": "Arrivals published of 30 days in {place} are at {share} of their highest. As of "
        "{day}.",
        "tr": "{place} için 30 günde yayımlanan varışlar en yüksek değerin {share} düzeyinde. "
        "Tarih: {day}.",
        "ar": "بلغ عدد الوافدين المنشور خلال 30 يومًا إلى {place} {share} من أعلى قيمة له. حتى "
        "{day}.",
    },
    "untested": {
        "en": "This trigger was never tried on the past: {why}",
        "tr": "Bu tetikleyici geçmiş üzerinde denenmedi: {why}",
        "ar": "لم يُجرَّب هذا الإنذار على الماضي: {why}",
    },
    "no watch": {
        "en": "No watch: {title}",
        "tr": "İzleme yok: {title}",
        "ar": "لا مراقبة: {title}",
    },
    "blind": {
        "en": "No watch is kept on “{title}” since {day}, because {why}. Silence does not mean "
        "that all is calm. You will be told when it is watched again.",
        "tr": "“{title}” {day} tarihinden beri izlenmiyor. Nedeni: {why}. Sessizlik, durumun "
        "sakin olduğu anlamına gelmez. Yeniden izlenmeye başladığında size bildirilecek.",
        "ar": "لا تجري مراقبة «{title}» منذ {day}. السبب: {why}. الصمت لا يعني أن الوضع هادئ. "
        "ستُبلَّغون عند استئناف المراقبة.",
    },
    "watched again": {
        "en": "Watched again: {title}",
        "tr": "Yeniden izleniyor: {title}",
        "ar": "استؤنفت المراقبة: {title}",
    },
    "watched": {
        "en": "“{title}” is watched again since {day}. From {start} on no watch was kept.",
        "tr": "“{title}” {day} tarihinden itibaren yeniden izleniyor. {start} tarihinden beri "
        "izlenmiyordu.",
        "ar": "استؤنفت مراقبة «{title}» منذ {day}. وكانت متوقفة منذ {start}.",
    },
    "watched no more": {
        "en": "Watched no more: {title}",
        "tr": "Artık izlenmiyor: {title}",
        "ar": "انتهت المراقبة: {title}",
    },
    "retired": {
        "en": "“{title}” is watched no more since {day}: {why}",
        "tr": "“{title}” {day} tarihinden itibaren artık izlenmiyor: {why}",
        "ar": "انتهت مراقبة «{title}» في {day}: {why}",
    },
    "last look": {
        "en": "It was last looked at on {day}.",
        "tr": "En son {day} tarihinde bakıldı.",
        "ar": "آخر يوم نُظر فيه إليه: {day}.",
    },
    "in force": {
        "en": "The alarm of {day} was in force then.",
        "tr": "{day} tarihli alarm o gün geçerliydi.",
        "ar": "وكان إنذار {day} ساريًا حينها.",
    },
    "unfit": {
        "en": "the forecast could not be made ({text})",
        "tr": "tahmin hazırlanamadı ({text})",
        "ar": "تعذّر إعداد التوقعات ({text})",
    },
    "silent": {
        "en": "no source has published arrivals there of late",
        "tr": "hiçbir kaynak son dönemde oradaki varışları yayımlamadı",
        "ar": "لم ينشر أي مصدر مؤخرًا أعداد الوافدين هناك",
    },
    "file": {
        "en": "The PDF and its SHA-256, which `nuzuh release verify FILE` checks:",
        "tr": "PDF dosyası ve SHA-256 özeti; `nuzuh release verify FILE` bunu denetler:",
        "ar": "ملف PDF وبصمته SHA-256 التي يتحقق منها الأمر `nuzuh release verify FILE`:",
    },
}


def say(text: str, code: str, /, **values: object) -> str:
    """A text in a language, its days and numbers as the language writes them."""
    told = language(code)
    shown = {
        name: told.day(value)
        if isinstance(value, date)
        else told.exact(value)
        if isinstance(value, int)
        else value
        for name, value in values.items()
    }
    return TEXTS[text][code].format(**shown)


def crisis_name(titles: Mapping[str, str], code: str) -> str:
    """The title of a crisis in a language, or in English where there is none in it."""
    return titles[code] if code in titles else language(code).foreign(titles["en"])


def why(refusal: Mapping[str, Any], code: str) -> str:
    """The reason of a refusal, as `press` gives it, in a language."""
    if "stale" not in refusal:
        return say("failed", code, text=language(code).foreign(refusal["failed"]))
    return "; ".join(_stale(source, code) for source in refusal["stale"])


def _stale(source: Mapping[str, Any], code: str) -> str:
    name = language(code).foreign(source["source"])
    if source["data_through"] is None:
        return say("nothing", code, source=name)
    return say(
        "stale",
        code,
        source=name,
        through=date.fromisoformat(source["data_through"]),
        age=int(source["age_days"]),
        limit=int(source["max_age_days"]),
    )
