"""German: tooltips, and what went wrong."""

TEXTS = {
    "Put a head that has come from the backend into the scene": (
        "Einen Kopf, der vom Backend kam, in die Szene stellen"
    ),
    "the scene was deleted": "die Szene wurde gelöscht",
    "the head was not built": "der Kopf wurde nicht gebaut",
    "shape key": "Formschlüssel",
    "bone": "Knochen",
    "The head was deleted in the meantime; undo brings it back, then do it again": (
        "Der Kopf wurde inzwischen gelöscht; Rückgängig holt ihn zurück, dann noch einmal"
    ),
    "Start the backend on this computer, or connect to the one that the preferences name": (
        "Das Backend auf diesem Rechner starten oder mit dem der Einstellungen verbinden"
    ),
    "Leave the backend; one that this Blender has started is stopped": (
        "Das Backend verlassen; eines, das dieses Blender gestartet hat, wird beendet"
    ),
    "Look whether the backend can be found with these settings, and connect to it": (
        "Nachsehen, ob das Backend mit diesen Einstellungen zu finden ist, und verbinden"
    ),
    "Take this message away": "Diese Meldung ausblenden",
    "Found {command}; Start in the panel Backend runs it": (
        "{command} gefunden; Starten im Bereich Backend führt es aus"
    ),
    "Blender may not go online: allow Online Access in Preferences, System, Network": (
        "Blender darf nicht ins Netz: Onlinezugang erlauben in Einstellungen, System, Netzwerk"
    ),
    "The backend runs already, or is being started": "Das Backend läuft schon oder startet gerade",
    "No backend runs": "Kein Backend läuft",
    "Connecting to {address}: the panel Backend in the 3D view says how it goes": (
        "Verbindung zu {address}: der Bereich Backend in der 3D-Ansicht zeigt, wie es steht"
    ),
    "No backend was found: set Backend Command in the add-on's preferences": (
        "Kein Backend gefunden: Backend-Befehl in den Einstellungen der Erweiterung setzen"
    ),
    "No backend was found: set Backend Command to the program or folder of Facewright": (
        "Kein Backend gefunden: als Backend-Befehl Programm oder Ordner von Facewright setzen"
    ),
    "The address {address} is not of the form HOST:PORT": "Die Adresse {address} hat nicht die Form RECHNER:PORT",
    "The certificate cannot be read: {why}": "Das Zertifikat ist nicht lesbar: {why}",
    "Make a head of each photo of the folder, side by side from the 3D cursor; Esc cancels": (
        "Aus jedem Foto des Ordners einen Kopf machen, nebeneinander ab dem 3D-Cursor; Esc bricht ab"
    ),
    "Another fit is running: wait for it, or cancel it": "Es wird schon ein Kopf angepasst: warten oder abbrechen",
    "Choose a folder with photos first": "Zuerst einen Ordner mit Fotos wählen",
    "{count} of {total} photos have no head": "{count} von {total} Fotos haben keinen Kopf",
    "the panel Batch says why": "der Bereich Viele Fotos sagt, warum",
    "There is no photo in {folder}": "In {folder} ist kein Foto",
    "The folder cannot be read: {why}": "Der Ordner ist nicht lesbar: {why}",
    "cannot be read: {why}": "ist nicht lesbar: {why}",
    "Add a Facewright head with bones, expressions and sliders to the scene": (
        "Einen Facewright-Kopf mit Knochen, Ausdrücken und Reglern in die Szene stellen"
    ),
    "Make this head the one that the panels work on": "Diesen Kopf zu dem machen, an dem die Bereiche arbeiten",
    "The neutral head, to be shaped with the sliders": "Der neutrale Kopf, mit den Reglern zu formen",
    "A random person": "Eine zufällige Person",
    "What the head is like": "Wie der Kopf ist",
    "The head is being made": "Der Kopf wird gemacht",
    "Name of the head": "Name des Kopfes",
    "Leave edit mode first": "Zuerst den Bearbeitungsmodus verlassen",
    "There is no head {name} in this view layer": "In dieser Ansichtsebene ist kein Kopf {name}",
    "Start the backend first: panel Backend": "Zuerst das Backend starten: Bereich Backend",
    "Select a Facewright head, or add one: panel Character": (
        "Einen Facewright-Kopf auswählen oder hinzufügen: Bereich Figur"
    ),
    "Select a Facewright head, or add one in the panel Character": (
        "Einen Facewright-Kopf auswählen oder im Bereich Figur hinzufügen"
    ),
    "The head is linked from another file: make it local, or override it": (
        "Der Kopf ist aus einer anderen Datei verknüpft: lokal machen oder überschreiben"
    ),
    "The head has no {what} {names}": "Dem Kopf fehlt: {what} {names}",
    "Write this head alone, with bones, expressions and textures, as a file for a game engine": (
        "Diesen Kopf allein mit Knochen, Ausdrücken und Texturen als Datei für eine Spiele-Engine schreiben"
    ),
    "Wrote {path}": "{path} geschrieben",
    "There is no folder {folder}": "Es gibt keinen Ordner {folder}",
    "Blender could not export: {why}": "Blender konnte nicht exportieren: {why}",
    "Let the face in front of the camera, or in the video, move the head": (
        "Das Gesicht vor der Kamera oder im Video den Kopf bewegen lassen"
    ),
    "Stop; what was recorded becomes keyframes": "Anhalten; was aufgenommen wurde, wird zu Schlüsselbildern",
    "Take the expression and the turn of the head away; the shape of the head stays": (
        "Ausdruck und Drehung des Kopfes wegnehmen; die Form des Kopfes bleibt"
    ),
    "The source is being opened": "Die Quelle wird geöffnet",
    "Nothing is live": "Nichts läuft live",
    "A head is live already: stop it first": "Ein Kopf ist schon live: zuerst anhalten",
    "A head is live: stop it first": "Ein Kopf ist live: zuerst anhalten",
    "Choose a video file first": "Zuerst eine Videodatei wählen",
    "Nothing was recorded: no face was seen": "Nichts wurde aufgenommen: kein Gesicht zu sehen",
    "Keyframes from {first} to {last} were written": "Schlüsselbilder von {first} bis {last} geschrieben",
    "Paint the active head if its colours or styles have been changed": (
        "Den aktiven Kopf malen, wenn Farben oder Stil geändert wurden"
    ),
    "Paint colours, skin and styles of this head anew; that happens by itself after a change too": (
        "Farben, Haut und Stil dieses Kopfes neu malen; nach einer Änderung geschieht das auch von selbst"
    ),
    "Use the painted skin alone; the history keeps the photo's skin": (
        "Nur die gemalte Haut verwenden; der Verlauf behält die Fotohaut"
    ),
    "The head has no skin of a photo": "Der Kopf hat keine Fotohaut",
    "Go back or forth through the faces that this head has had; nothing is lost by it": (
        "Vor und zurück durch die Gesichter dieses Kopfes; nichts geht verloren"
    ),
    "-1 goes back, 1 forth": "-1 geht zurück, 1 vor",
    "{label} ({number} of {count})": "{label} ({number} von {count})",
    "The face before this one": "Das Gesicht davor",
    "The face after this one": "Das Gesicht danach",
    "The head has no history yet: it grows with every fit and every random face": (
        "Der Kopf hat noch keinen Verlauf: er wächst mit jeder Anpassung und jedem Zufallsgesicht"
    ),
    "This is the first face": "Das ist das erste Gesicht",
    "This is the newest face": "Das ist das neueste Gesicht",
    "Choose one or several photos of one person; the first decides shape and tone": (
        "Ein oder mehrere Fotos einer Person wählen; das erste bestimmt Form und Ton"
    ),
    "Take the selected photo off the list; the file stays": (
        "Das ausgewählte Foto von der Liste nehmen; die Datei bleibt"
    ),
    "Make a head of the person in the photos; Esc cancels": (
        "Einen Kopf der Person auf den Fotos machen; Esc bricht ab"
    ),
    "Stop the fit (Esc); the scene stays as it is": "Das Anpassen abbrechen (Esc); die Szene bleibt, wie sie ist",
    "Wait for Esc while a fit runs": "Auf Esc warten, während angepasst wird",
    "Add a head of the person in the photos; Esc cancels": (
        "Einen Kopf der Person auf den Fotos hinzufügen; Esc bricht ab"
    ),
    "There is no photo on the list": "Kein Foto ist auf der Liste",
    "Give the selected head this face in place of adding a new head": (
        "Dem ausgewählten Kopf dieses Gesicht geben, statt einen neuen hinzuzufügen"
    ),
    "Give the selected head the face of the person in the photos; Esc cancels": (
        "Dem ausgewählten Kopf das Gesicht der Person auf den Fotos geben; Esc bricht ab"
    ),
    "Nothing is being fitted": "Nichts wird angepasst",
    "The fit was cancelled": "Das Anpassen wurde abgebrochen",
    "Choose a photo first": "Zuerst ein Foto wählen",
    "choose it again": "noch einmal wählen",
    "fit again": "noch einmal anpassen",
    "The photo cannot be read: {path}: {why}": "Das Foto ist nicht lesbar: {path}: {why}",
    "The fit was lost with the backend. {why}": "Das Anpassen ging mit dem Backend verloren. {why}",
    "start the backend, fit again": "Backend starten, noch einmal anpassen",
    "Keep shape and look of this head for other files; with a backend it gets a picture": (
        "Form und Aussehen dieses Kopfes für andere Dateien behalten; mit einem Backend bekommt er ein Bild"
    ),
    "Give the head the shape and the look of this preset; the face before stays in the history": (
        "Dem Kopf Form und Aussehen dieser Vorlage geben; das Gesicht davor bleibt im Verlauf"
    ),
    "Delete this preset and its picture": "Diese Vorlage und ihr Bild löschen",
    "Name of the preset": "Name der Vorlage",
    "The preset is of the rig {rig}, the head of another one": (
        "Die Vorlage ist vom Rig {rig}, der Kopf von einem anderen"
    ),
    "The preset needs a name": "Die Vorlage braucht einen Namen",
    "The preset {name} cannot be read: {why}": "Die Vorlage {name} ist nicht lesbar: {why}",
    "it is too large": "sie ist zu groß",
    "There is no preset {name}": "Es gibt keine Vorlage {name}",
    "The preset cannot be written: {why}": "Die Vorlage kann nicht geschrieben werden: {why}",
    "Set the sliders to those of the neutral head; locked ones stay": (
        "Die Regler auf den neutralen Kopf stellen; gesperrte bleiben"
    ),
    "Give each side of the face the shape of the other; locked sliders stay": (
        "Jeder Gesichtshälfte die Form der anderen geben; gesperrte Regler bleiben"
    ),
    "Draw a random person's shape; Variety says how far from this head; locked sliders stay": (
        "Die Form einer zufälligen Person; Vielfalt sagt, wie weit von diesem Kopf; gesperrte Regler bleiben"
    ),
    ("Draw a random shape for the region {region}; Variety says how far from this head; locked sliders stay"): (
        "Eine zufällige Form für den Bereich {region}; Vielfalt sagt, wie weit von diesem Kopf; gesperrte "
        "Regler bleiben"
    ),
    "Draw a random shape for the whole head; Variety says how far from this head; locked sliders stay": (
        "Eine zufällige Form für den ganzen Kopf; Vielfalt sagt, wie weit von diesem Kopf; gesperrte Regler bleiben"
    ),
    "Take a share of the other head's shape; locked sliders stay": (
        "Einen Anteil der Form des anderen Kopfes nehmen; gesperrte Regler bleiben"
    ),
    "Lock all sliders of the region, or unlock them if all are locked": (
        "Alle Regler des Bereichs sperren oder freigeben, wenn alle gesperrt sind"
    ),
    "Region to reset; empty for all": "Bereich, der zurückgesetzt wird; leer für alle",
    "Region to draw; empty for all": "Bereich, der gezogen wird; leer für alle",
    "Region to lock; empty for all": "Bereich, der gesperrt wird; leer für alle",
    "Region to vary; empty for all": "Bereich, der variiert wird; leer für alle",
    "The same number draws the same shape; 0 takes any": "Dieselbe Zahl gibt dieselbe Form; 0 nimmt irgendeine",
    "Choose another Facewright head to mix with": "Einen anderen Facewright-Kopf zum Mischen wählen",
    "Draw nine heads like this one to choose from; locked sliders stay as they are": (
        "Neun ähnliche Köpfe zur Auswahl zeichnen; gesperrte Regler bleiben, wie sie sind"
    ),
    "Give the head this shape; the one before stays in the history": (
        "Dem Kopf diese Form geben; die vorige bleibt im Verlauf"
    ),
    "Take the nine pictures away": "Die neun Bilder wegnehmen",
    "Which of the nine": "Welche der neun",
    "Draw variants of this head first": "Zuerst Varianten dieses Kopfes zeichnen",
    "This variant is not drawn yet": "Diese Variante ist noch nicht gezeichnet",
    ("The program facewright, or the folder where Facewright is installed; empty looks for it around this add-on"): (
        "Das Programm facewright oder der Ordner, in dem Facewright installiert ist; leer sucht im Umkreis "
        "dieser Erweiterung"
    ),
    "HOST:PORT of a backend that runs already; empty starts one on this computer": (
        "RECHNER:PORT eines Backends, das schon läuft; leer startet eines auf diesem Rechner"
    ),
    "The secret that the backend asks for; it is kept in Blender's preferences, readable by your user": (
        "Das Geheimnis, nach dem das Backend fragt; es steht in Blenders Einstellungen, lesbar für deinen Benutzer"
    ),
    (
        "File with the certificate (PEM) to trust; empty trusts the authorities that the system does, or "
        "needs none on this computer"
    ): (
        "Datei mit dem Zertifikat (PEM), dem vertraut wird; leer vertraut den Stellen des Systems, auf diesem "
        "Rechner ist keines nötig"
    ),
    "No backend is connected": "Kein Backend ist verbunden",
    "The backend is being started": "Das Backend startet",
    "The backend loads its models": "Das Backend lädt seine Modelle",
    "The backend is being stopped": "Das Backend wird beendet",
    "The backend can work": "Das Backend kann arbeiten",
    "The backend does not answer any more": "Das Backend antwortet nicht mehr",
    "check Backend Command in the add-on's preferences": "Backend-Befehl in den Einstellungen der Erweiterung prüfen",
    "The fit waits for its turn": "Das Anpassen wartet, bis es an der Reihe ist",
    "The fit is worked on": "Es wird angepasst",
    "The head is there": "Der Kopf ist da",
    "There is no head; the message says why": "Es gibt keinen Kopf; die Meldung sagt, warum",
    "A camera of the computer on which the backend runs": "Eine Kamera des Rechners, auf dem das Backend läuft",
    "A video file on the computer on which the backend runs": (
        "Eine Videodatei auf dem Rechner, auf dem das Backend läuft"
    ),
    "Axes and scale as Unity wants them": "Achsen und Maßstab, wie Unity sie will",
    "Axes and scale as Unreal Engine wants them": "Achsen und Maßstab, wie die Unreal Engine sie will",
    "One .glb file: mesh, bones, expressions, textures": "Eine .glb-Datei: Netz, Knochen, Ausdrücke, Texturen",
    "One .fbx file with the textures in it": "Eine .fbx-Datei mit den Texturen darin",
    "Pores and fine mottling: 0 is smooth, 1 is strong": "Poren und feine Flecken: 0 ist glatt, 1 ist stark",
    "Blood in cheeks, nose and ears: 0.5 is the average": "Blut in Wangen, Nase und Ohren: 0.5 ist der Durchschnitt",
    "Freckles: 0 is none, 1 is many": "Sommersprossen: 0 ist keine, 1 ist viele",
    "Wrinkles and marks of age: 0 is none, 1 is deep": "Falten und Alterszeichen: 0 ist keine, 1 ist tief",
    "How much of the photo's skin lies over the painted skin": (
        "Wie viel von der Fotohaut über der gemalten Haut liegt"
    ),
    "A photo of the person": "Ein Foto der Person",
    "Where the frames come from": "Woher die Bilder kommen",
    "Number of the camera, from 0": "Nummer der Kamera, ab 0",
    "Video file to play": "Videodatei, die gespielt wird",
    "Start the video again at its end": "Das Video an seinem Ende neu beginnen",
    "The person in front of the camera is the one that the head was fitted to": (
        "Vor der Kamera ist die Person, an die der Kopf angepasst wurde"
    ),
    "Take the jitter out of the expression": "Das Zittern aus dem Ausdruck nehmen",
    "Turn and lean the head with the person": "Den Kopf mit der Person drehen und neigen",
    "Write keyframes while the face moves": "Schlüsselbilder schreiben, während sich das Gesicht bewegt",
    "Frame at which the recording begins": "Bild, bei dem die Aufnahme beginnt",
    "Kind of file": "Art der Datei",
    "Program that the file is for": "Programm, für das die Datei ist",
    "Also write the keyframes": "Auch die Schlüsselbilder schreiben",
    "Folder with one photo for each head": "Ordner mit einem Foto für jeden Kopf",
    "Distance between two heads": "Abstand zwischen zwei Köpfen",
    "Heads in one row of the grid": "Köpfe in einer Reihe des Gitters",
    "Which face of the photo: 0 is the largest": "Welches Gesicht des Fotos: 0 ist das größte",
    "Also take the expression of the photo": "Auch den Ausdruck des Fotos übernehmen",
    "Show only sliders whose name has this in it": "Nur Regler zeigen, in deren Namen das vorkommt",
    "Show the nine pictures": "Die neun Bilder zeigen",
    "How far variants and random heads lie from the head": (
        "Wie weit Varianten und zufällige Köpfe vom Kopf entfernt sind"
    ),
    "Another Facewright head": "Ein anderer Facewright-Kopf",
    "How much of the other head is taken": "Wie viel vom anderen Kopf genommen wird",
    "How long the shape is worked on; 0 takes the backend's own number, more is slower": (
        "Wie lange an der Form gearbeitet wird; 0 nimmt die Zahl des Backends, mehr ist langsamer"
    ),
    "The brows are those of the photo's skin": "Die Brauen sind die der Fotohaut",
    "The beard is that of the photo's skin": "Der Bart ist der der Fotohaut",
    "The rig that the head was made with": "Das Rig, mit dem der Kopf gemacht wurde",
    "The description of this head's rig is missing: add the head again": (
        "Die Beschreibung des Rigs dieses Kopfes fehlt: den Kopf neu hinzufügen"
    ),
    "it was made for another rig": "es wurde für ein anderes Rig gemacht",
    "in mm": "in mm",
    "in degrees": "in Grad",
    "as a factor": "als Faktor",
    "without a unit": "ohne Einheit",
    "Keep this slider when shapes are drawn at random, mixed, mirrored or reset": (
        "Diesen Regler behalten, wenn Formen gezogen, gemischt, gespiegelt oder zurückgesetzt werden"
    ),
    "{label}, {unit}, from {low:g} to {high:g}; {neutral:g} is that of the neutral head": (
        "{label}, {unit}, von {low:g} bis {high:g}; {neutral:g} ist der neutrale Kopf"
    ),
    "What the head wears of: {label}": "Was der Kopf trägt: {label}",
    "The head was deleted": "Der Kopf wurde gelöscht",
    "The backend is gone": "Das Backend ist weg",
    "No face is seen": "Kein Gesicht zu sehen",
    "The head has no bone that turns it": "Der Kopf hat keinen Knochen, der ihn dreht",
    "The video has come to its end": "Das Video ist zu Ende",
    "Skin: colour without light": "Haut: Farbe ohne Licht",
    "Lips: colour without light": "Lippen: Farbe ohne Licht",
    "Brows: colour without light": "Brauen: Farbe ohne Licht",
    "Eyes: colour without light": "Augen: Farbe ohne Licht",
    "Hair: colour without light": "Haar: Farbe ohne Licht",
    "Beard: colour without light": "Bart: Farbe ohne Licht",
    "nothing was recorded: no face was seen": "nichts wurde aufgenommen: kein Gesicht zu sehen",
    "the description of the rig says nothing of its bones; ask for it with offsets": (
        "die Beschreibung des Rigs sagt nichts von seinen Knochen; mit Versatz anfragen"
    ),
    "the description of the rig cannot be read; add the head again": (
        "die Beschreibung des Rigs ist nicht lesbar; den Kopf neu hinzufügen"
    ),
    "it said nothing": "es sagte nichts",
    ("Only the shape is this file's own; for the rest make head and data local: Object, Relations, Make Local"): (
        "Nur die Form gehört dieser Datei; für alles Übrige Kopf und Daten lokal machen: Objekt, Beziehungen, "
        "Lokal machen"
    ),
    "The file under Certificate holds no certificate in PEM form": (
        "Die Datei unter Zertifikat enthält kein Zertifikat im Format PEM"
    ),
    "The token has letters in it that cannot be sent: copy it again": (
        "Das Zugangswort hat Zeichen, die nicht gesendet werden können: noch einmal kopieren"
    ),
    "check Address in the add-on's preferences, that the backend runs there, and the network": (
        "Adresse in den Einstellungen der Erweiterung prüfen, ob das Backend dort läuft, und das Netz"
    ),
    (
        "choose the backend's certificate under Certificate in the add-on's preferences, and a name under "
        "Address that stands in it"
    ): (
        "das Zertifikat des Backends unter Zertifikat in den Einstellungen der Erweiterung wählen, und unter "
        "Adresse einen Namen, der darin steht"
    ),
    "set Token in the add-on's preferences to the one that the backend was started with": (
        "Zugangswort in den Einstellungen der Erweiterung auf das setzen, mit dem das Backend gestartet wurde"
    ),
    "Connecting to {address}": "Verbindung zu {address}",
    "Nobody answers at {address}": "Unter {address} antwortet niemand",
    "The backend at {address} wants another token": "Das Backend unter {address} will ein anderes Zugangswort",
    "The backend at {address} closes the connection: it may speak TLS only": (
        "Das Backend unter {address} schließt die Verbindung: vielleicht spricht es nur TLS"
    ),
    "The certificate of the backend at {address} is not the one that is trusted": (
        "Dem Zertifikat des Backends unter {address} wird nicht vertraut"
    ),
    "{program} cannot be started: {why}": "{program} kann nicht gestartet werden: {why}",
    "the backend ended: {why}": "das Backend hat sich beendet: {why}",
    "start it again; its log is {path}": "neu starten; sein Protokoll ist {path}",
    "look into {path}": "in {path} nachsehen",
    "Watch the person for a second": "Die Person eine Sekunde lang ansehen",
    "Hold this expression for a second; it is remembered with the head": (
        "Diesen Ausdruck eine Sekunde lang halten; er wird mit dem Kopf gemerkt"
    ),
    "Hold it for a second": "Eine Sekunde lang halten",
    "The face at rest becomes what counts as no expression; look into the camera": (
        "Das ruhende Gesicht gilt dann als ausdruckslos; in die Kamera sehen"
    ),
    "The mouth as wide open as is comfortable becomes fully open": (
        "Der Mund, so weit offen wie bequem, gilt dann als ganz offen"
    ),
    "Both eyes shut become fully shut": "Beide Augen zu gelten dann als ganz zu",
    "A broad smile becomes the full smile": "Ein breites Lächeln gilt dann als volles Lächeln",
    "What live tracking knows of the person: a Calibration message in Base64": (
        "Was die Verfolgung von der Person weiß: eine Calibration-Nachricht in Base64"
    ),
}
"""The German text by the English one; fields in braces stay."""
