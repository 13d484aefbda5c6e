<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context><name>Actions</name>
<message><source>1 + 3</source><translation/></message>
<message><source>2 × 2</source><translation/></message>
<message><source>A and B side by side</source><translation/></message>
<message><source>A connected part of the result, to keep or to reject it.</source><translation/></message>
<message><source>A locked segment never changes.</source><translation/></message>
<message><source>A new, empty segment.</source><translation/></message>
<message><source>A number from 0.1 to 1.</source><translation/></message>
<message><source>A plane that faces the viewer; what lies before it is cut away.</source><translation/></message>
<message><source>A queue of images for a model, now or overnight.</source><translation/></message>
<message><source>A series beside the open one, by its folder and UID.</source><translation/></message>
<message><source>A table for spreadsheets.</source><translation/></message>
<message><source>A torso made by computation.</source><translation/></message>
<message><source>A transfer function about the mean of its values.</source><translation/></message>
<message><source>About Limner</source><translation/></message>
<message><source>Accept boxes</source><translation/></message>
<message><source>Accept structures</source><translation/></message>
<message><source>Accept the result</source><translation/></message>
<message><source>Add a key frame</source><translation/></message>
<message><source>Add a model</source><translation/></message>
<message><source>Add a segment</source><translation/></message>
<message><source>Add, trust, test and remove models.</source><translation/></message>
<message><source>All others are dropped.</source><translation/></message>
<message><source>All runs of this workspace as a table (CSV).</source><translation/></message>
<message><source>All studies of your folders and of the workspace.</source><translation/></message>
<message><source>All values as a table (CSV).</source><translation/></message>
<message><source>All values as text.</source><translation/></message>
<message><source>And back.</source><translation/></message>
<message><source>And the structures that were chosen.</source><translation/></message>
<message><source>Archives…</source><translation/></message>
<message><source>Arrange as kept for such studies</source><translation/></message>
<message><source>As a file for other people.</source><translation/></message>
<message><source>As a preset for other images.</source><translation/></message>
<message><source>As it was chosen.</source><translation/></message>
<message><source>As text.</source><translation/></message>
<message><source>As the preset has them.</source><translation/></message>
<message><source>Ask other machines for studies, and fetch them.</source><translation/></message>
<message><source>Automatic transfer function</source><translation/></message>
<message><source>Axial, coronal or sagittal, in both studies.</source><translation/></message>
<message><source>Back on the same way.</source><translation/></message>
<message><source>Back to the look before.</source><translation/></message>
<message><source>Back to the segment before.</source><translation/></message>
<message><source>Back to the usual arrangement</source><translation/></message>
<message><source>Begin afresh on this image.</source><translation/></message>
<message><source>Begin to work with a model that takes clicks.</source><translation/></message>
<message><source>Below a size; the largest part of each structure stays.</source><translation/></message>
<message><source>Black as white.</source><translation/></message>
<message><source>Bone window</source><translation/></message>
<message><source>Brain window</source><translation/></message>
<message><source>Bring in images</source><translation/></message>
<message><source>Bring the undone change back.</source><translation/></message>
<message><source>Brush</source><translation/></message>
<message><source>By its folder and UID.</source><translation/></message>
<message><source>By its name, or from a file.</source><translation/></message>
<message><source>By its name.</source><translation/></message>
<message><source>By its number.</source><translation/></message>
<message><source>By its place.</source><translation/></message>
<message><source>By itself where a run takes less than 5 seconds.</source><translation/></message>
<message><source>Choose a preset</source><translation/></message>
<message><source>Choose a structure for clicks</source><translation/></message>
<message><source>Choose device, precision, backend, averaging over flips, maps beside the labels.</source><translation/></message>
<message><source>Choose the part at the crosshair</source><translation/></message>
<message><source>Choose what becomes of segments of the same name</source><translation/></message>
<message><source>Cinematic in 3D</source><translation/></message>
<message><source>Click</source><translation/></message>
<message><source>Click inside a structure, with Shift outside, for a model.</source><translation/></message>
<message><source>Click one end, the vertex, the other end.</source><translation/></message>
<message><source>Click or drag from one end to the other.</source><translation/></message>
<message><source>Close</source><translation/></message>
<message><source>Close the study beside</source><translation/></message>
<message><source>Code the segment</source><translation/></message>
<message><source>Compare two segments</source><translation/></message>
<message><source>Compare with a mask file</source><translation/></message>
<message><source>Compare with the waiting result</source><translation/></message>
<message><source>Copy a CD or a folder into the workspace.</source><translation/></message>
<message><source>Copy the measurements</source><translation/></message>
<message><source>Copy the picture</source><translation/></message>
<message><source>Copy the scores</source><translation/></message>
<message><source>Crop box</source><translation/></message>
<message><source>Crosshair</source><translation/></message>
<message><source>Crosshair lines</source><translation/></message>
<message><source>Cut at the crosshair</source><translation/></message>
<message><source>Cut away to the segment</source><translation/></message>
<message><source>Dark and dimmed.</source><translation/></message>
<message><source>Dark theme</source><translation/></message>
<message><source>De-identify a study</source><translation/></message>
<message><source>Delete a study's images</source><translation/></message>
<message><source>Delete in a view, too; redo brings it back.</source><translation/></message>
<message><source>Dice, distances and volumes, segment by segment.</source><translation/></message>
<message><source>Disc or ball</source><translation/></message>
<message><source>Done, flagged, in progress.</source><translation/></message>
<message><source>Down the list.</source><translation/></message>
<message><source>Drag an ellipse: its mean, spread and area.</source><translation/></message>
<message><source>Drag to change contrast and brightness.</source><translation/></message>
<message><source>Drag to move the image.</source><translation/></message>
<message><source>Drop small parts</source><translation/></message>
<message><source>Encloses others</source><translation/></message>
<message><source>End the comparison</source><translation/></message>
<message><source>End the work with clicks</source><translation/></message>
<message><source>Erase the selected segment.</source><translation/></message>
<message><source>Eraser</source><translation/></message>
<message><source>Every command by name.</source><translation/></message>
<message><source>Everything else becomes a ghost.</source><translation/></message>
<message><source>Everything else is hidden.</source><translation/></message>
<message><source>Everything is saved already.</source><translation/></message>
<message><source>Everything that is proposed.</source><translation/></message>
<message><source>Export a movie</source><translation/></message>
<message><source>Export a picture</source><translation/></message>
<message><source>Export as DICOM…</source><translation/></message>
<message><source>Export masks</source><translation/></message>
<message><source>Export surfaces</source><translation/></message>
<message><source>Export the comparison</source><translation/></message>
<message><source>Export the look</source><translation/></message>
<message><source>Export the measurements</source><translation/></message>
<message><source>Export the model's map</source><translation/></message>
<message><source>Export the runs</source><translation/></message>
<message><source>Fetch a model's weights</source><translation/></message>
<message><source>Fill</source><translation/></message>
<message><source>Fill the region that an outline encloses.</source><translation/></message>
<message><source>Find a command</source><translation/></message>
<message><source>Fit</source><translation/></message>
<message><source>For another monitor; and back.</source><translation/></message>
<message><source>For bright rooms.</source><translation/></message>
<message><source>For bundles with steps that Limner's engine does not know.</source><translation/></message>
<message><source>For dim rooms.</source><translation/></message>
<message><source>For this segment alone, about the mean of its values.</source><translation/></message>
<message><source>Forget all clicks</source><translation/></message>
<message><source>Forget the arrangement for such studies</source><translation/></message>
<message><source>Forward again.</source><translation/></message>
<message><source>From a folder, a zip, a .ts or .onnx file, or an address.</source><translation/></message>
<message><source>From the image's histogram.</source><translation/></message>
<message><source>From the image's values.</source><translation/></message>
<message><source>From the store.</source><translation/></message>
<message><source>From the views and from the case.</source><translation/></message>
<message><source>From the workspace; cases stay.</source><translation/></message>
<message><source>From where the model says that they are.</source><translation/></message>
<message><source>Ghost the others in 3D</source><translation/></message>
<message><source>Give it a coded term.</source><translation/></message>
<message><source>Give it another colour.</source><translation/></message>
<message><source>Give it another name.</source><translation/></message>
<message><source>Go to a box</source><translation/></message>
<message><source>Go to a point of the history</source><translation/></message>
<message><source>Go to the largest distance</source><translation/></message>
<message><source>Go to the measurement</source><translation/></message>
<message><source>Grey values on cuts</source><translation/></message>
<message><source>How sure it was, over the slices.</source><translation/></message>
<message><source>Images, a zip, or a case.</source><translation/></message>
<message><source>Import from this study…</source><translation/></message>
<message><source>Import masks or objects</source><translation/></message>
<message><source>Import presets</source><translation/></message>
<message><source>In all views.</source><translation/></message>
<message><source>In the active view.</source><translation/></message>
<message><source>In the list.</source><translation/></message>
<message><source>In the slices.</source><translation/></message>
<message><source>Invert</source><translation/></message>
<message><source>Isolate in 3D</source><translation/></message>
<message><source>It is not part of the result any more.</source><translation/></message>
<message><source>Its files, and a run on a small made-up image.</source><translation/></message>
<message><source>Keep only the largest parts</source><translation/></message>
<message><source>Keep only the parts marked as right</source><translation/></message>
<message><source>Keep the part</source><translation/></message>
<message><source>Larger brush</source><translation/></message>
<message><source>Layout, window and 3D for the same modality and body part.</source><translation/></message>
<message><source>Layout, window and 3D for the same modality, whatever the body part.</source><translation/></message>
<message><source>Layout, window and 3D.</source><translation/></message>
<message><source>Leave a structure out</source><translation/></message>
<message><source>Left panel</source><translation/></message>
<message><source>Less opaque segments</source><translation/></message>
<message><source>Light theme</source><translation/></message>
<message><source>Link the study beside here, or unlink it</source><translation/></message>
<message><source>Lock or unlock the segment</source><translation/></message>
<message><source>Lung window</source><translation/></message>
<message><source>Mark the chosen part as right.</source><translation/></message>
<message><source>Mark the segment</source><translation/></message>
<message><source>Masks, or a DICOM segmentation, structure set, report, presentation state or map.</source><translation/></message>
<message><source>Maximise the view</source><translation/></message>
<message><source>Maximum intensity over 0, 10, 20, 40 mm.</source><translation/></message>
<message><source>Measure a length</source><translation/></message>
<message><source>Measure a region</source><translation/></message>
<message><source>Measure an angle</source><translation/></message>
<message><source>Models</source><translation/></message>
<message><source>More opaque segments</source><translation/></message>
<message><source>Move the crosshair of all views.</source><translation/></message>
<message><source>Move the crosshair to it.</source><translation/></message>
<message><source>Move the segment down</source><translation/></message>
<message><source>Move the segment up</source><translation/></message>
<message><source>NIfTI, NRRD or MetaImage.</source><translation/></message>
<message><source>New case</source><translation/></message>
<message><source>Next 3D mode</source><translation/></message>
<message><source>Next doubtful place</source><translation/></message>
<message><source>Next segment</source><translation/></message>
<message><source>Next slice</source><translation/></message>
<message><source>Next time point</source><translation/></message>
<message><source>Numbers.</source><translation/></message>
<message><source>Of Limner or 3D Slicer.</source><translation/></message>
<message><source>Of a 4D image.</source><translation/></message>
<message><source>Of a program that is installed on its own.</source><translation/></message>
<message><source>Of a row of the comparison.</source><translation/></message>
<message><source>Of the 3D view, up to 8K: PNG, TIFF, DICOM.</source><translation/></message>
<message><source>Of the waiting result.</source><translation/></message>
<message><source>On the images that it is about.</source><translation/></message>
<message><source>One large view, three small.</source><translation/></message>
<message><source>One part of each structure.</source><translation/></message>
<message><source>One view</source><translation/></message>
<message><source>Only inside the body</source><translation/></message>
<message><source>Only slices</source><translation/></message>
<message><source>Open a folder</source><translation/></message>
<message><source>Open a series</source><translation/></message>
<message><source>Open an object of a study</source><translation/></message>
<message><source>Open files</source><translation/></message>
<message><source>Open the demo study</source><translation/></message>
<message><source>Or open cuts.</source><translation/></message>
<message><source>Other segments lie inside it, like organs in the body.</source><translation/></message>
<message><source>Own transfer function from the values</source><translation/></message>
<message><source>Paint one slice or in 3D.</source><translation/></message>
<message><source>Paint the selected segment.</source><translation/></message>
<message><source>Pan and zoom</source><translation/></message>
<message><source>Parts come back.</source><translation/></message>
<message><source>Pick segment</source><translation/></message>
<message><source>Plane of the study beside</source><translation/></message>
<message><source>Planes, box and cutaway.</source><translation/></message>
<message><source>Previous doubtful place</source><translation/></message>
<message><source>Previous segment</source><translation/></message>
<message><source>Previous slice</source><translation/></message>
<message><source>Previous time point</source><translation/></message>
<message><source>Quit</source><translation/></message>
<message><source>Radius + 15 %.</source><translation/></message>
<message><source>Radius − 15 %.</source><translation/></message>
<message><source>Ray casting in 3D</source><translation/></message>
<message><source>Reading-room theme</source><translation/></message>
<message><source>Recolour the measurement</source><translation/></message>
<message><source>Recolour the segment</source><translation/></message>
<message><source>Redo</source><translation/></message>
<message><source>Redo the look</source><translation/></message>
<message><source>Reject boxes</source><translation/></message>
<message><source>Reject the part</source><translation/></message>
<message><source>Reject the result</source><translation/></message>
<message><source>Remove a model</source><translation/></message>
<message><source>Remove all cuts</source><translation/></message>
<message><source>Remove all measurements</source><translation/></message>
<message><source>Remove the measurement</source><translation/></message>
<message><source>Remove the model's maps</source><translation/></message>
<message><source>Remove the segment</source><translation/></message>
<message><source>Rename the measurement</source><translation/></message>
<message><source>Rename the segment</source><translation/></message>
<message><source>Replace, add, only where empty, or new segments.</source><translation/></message>
<message><source>Reset all segments in 3D</source><translation/></message>
<message><source>Right panel</source><translation/></message>
<message><source>Run a model on the part of the image that all slice views show.</source><translation/></message>
<message><source>Run a model on this image.</source><translation/></message>
<message><source>Run at each click</source><translation/></message>
<message><source>Run on the clicks</source><translation/></message>
<message><source>Runs of models</source><translation/></message>
<message><source>STL, OBJ, PLY, 3MF or glTF, for printing.</source><translation/></message>
<message><source>Save a copy as</source><translation/></message>
<message><source>Save the look</source><translation/></message>
<message><source>See and change the keys.</source><translation/></message>
<message><source>Segment automatically</source><translation/></message>
<message><source>Segment by clicks</source><translation/></message>
<message><source>Segment many…</source><translation/></message>
<message><source>Segment what is on screen</source><translation/></message>
<message><source>Segment with MONAI's own workflow</source><translation/></message>
<message><source>Segment with options</source><translation/></message>
<message><source>Segment with the faster variant</source><translation/></message>
<message><source>Segmentation, structure set, report or picture.</source><translation/></message>
<message><source>Segmentations, reports and states that lie beside the images or are in the list of studies.</source><translation/></message>
<message><source>Segments as surfaces, where 3D shows a volume.</source><translation/></message>
<message><source>Segments filled</source><translation/></message>
<message><source>Segments outlined</source><translation/></message>
<message><source>Select a segment</source><translation/></message>
<message><source>Select segment 1 of the list</source><translation/></message>
<message><source>Select segment 2 of the list</source><translation/></message>
<message><source>Select segment 3 of the list</source><translation/></message>
<message><source>Select segment 4 of the list</source><translation/></message>
<message><source>Select segment 5 of the list</source><translation/></message>
<message><source>Select segment 6 of the list</source><translation/></message>
<message><source>Select segment 7 of the list</source><translation/></message>
<message><source>Select segment 8 of the list</source><translation/></message>
<message><source>Select segment 9 of the list</source><translation/></message>
<message><source>Select the segment under the cursor.</source><translation/></message>
<message><source>Send images</source><translation/></message>
<message><source>Send…</source><translation/></message>
<message><source>Set how strongly the model's map is drawn</source><translation/></message>
<message><source>Set window and level</source><translation/></message>
<message><source>Settings</source><translation/></message>
<message><source>Shortcuts</source><translation/></message>
<message><source>Show a map of the model</source><translation/></message>
<message><source>Show a study beside</source><translation/></message>
<message><source>Show beside</source><translation/></message>
<message><source>Show only a box of the image.</source><translation/></message>
<message><source>Show or hide all measurements</source><translation/></message>
<message><source>Show or hide the measurement</source><translation/></message>
<message><source>Show or hide the segment</source><translation/></message>
<message><source>Show or hide.</source><translation/></message>
<message><source>Show scores and boxes</source><translation/></message>
<message><source>Show the difference</source><translation/></message>
<message><source>Show the model's map</source><translation/></message>
<message><source>Show the model's next map</source><translation/></message>
<message><source>Show the segment in 3D as</source><translation/></message>
<message><source>Show the three planes.</source><translation/></message>
<message><source>Show what has the segment's values</source><translation/></message>
<message><source>Shown, ghost or hidden.</source><translation/></message>
<message><source>Slab</source><translation/></message>
<message><source>Slices in 3D</source><translation/></message>
<message><source>Smaller brush</source><translation/></message>
<message><source>So that it may run.</source><translation/></message>
<message><source>Soft tissue window</source><translation/></message>
<message><source>Solo in 3D</source><translation/></message>
<message><source>Some of those that are proposed.</source><translation/></message>
<message><source>Some of what is proposed.</source><translation/></message>
<message><source>Stop the run</source><translation/></message>
<message><source>Studies of the list, or some of their series, to an archive.</source><translation/></message>
<message><source>Studies…</source><translation/></message>
<message><source>Study beside in its own window</source><translation/></message>
<message><source>Surfaces in 3D</source><translation/></message>
<message><source>Surfaces in the volume</source><translation/></message>
<message><source>Surfaces, ray casting, cinematic.</source><translation/></message>
<message><source>Swap the last two segments</source><translation/></message>
<message><source>Take the last change back.</source><translation/></message>
<message><source>Take the last click back</source><translation/></message>
<message><source>Takes away what lies before it, seen from where the 3D view stands.</source><translation/></message>
<message><source>Test a model</source><translation/></message>
<message><source>The 3D view in motion: MP4, or PNG frames.</source><translation/></message>
<message><source>The 3D view, for a movie along key frames.</source><translation/></message>
<message><source>The active view alone.</source><translation/></message>
<message><source>The active view's, to the clipboard.</source><translation/></message>
<message><source>The active view, for another monitor; and back.</source><translation/></message>
<message><source>The case is saved already.</source><translation/></message>
<message><source>The case itself is always saved.</source><translation/></message>
<message><source>The case stays as it is.</source><translation/></message>
<message><source>The case's segments against those of the same name that are proposed.</source><translation/></message>
<message><source>The chosen model, on the clicks and structures that there are.</source><translation/></message>
<message><source>The clicks are forgotten, a result that waits stays.</source><translation/></message>
<message><source>The image in light and shadow, refined while it rests. Not for diagnosis.</source><translation/></message>
<message><source>The image itself, fast, without shadows.</source><translation/></message>
<message><source>The masks of this case to an archive, proven before.</source><translation/></message>
<message><source>The one that is shown, as NIfTI from 0 to 255.</source><translation/></message>
<message><source>The one that works on the clicks.</source><translation/></message>
<message><source>The open study has all the room again.</source><translation/></message>
<message><source>The places under both crosshairs are the same.</source><translation/></message>
<message><source>The segments as surfaces.</source><translation/></message>
<message><source>The series that is most like the open one.</source><translation/></message>
<message><source>The slices show the segments again.</source><translation/></message>
<message><source>The whole image in every view.</source><translation/></message>
<message><source>They are opened in the usual arrangement again.</source><translation/></message>
<message><source>Three slices and 3D.</source><translation/></message>
<message><source>Three slices, no 3D.</source><translation/></message>
<message><source>Transfer function of the preset</source><translation/></message>
<message><source>Trust a model's code</source><translation/></message>
<message><source>Two linked slices, each with one of the masks, instead of the usual views.</source><translation/></message>
<message><source>Two segments of this case with each other.</source><translation/></message>
<message><source>Uncertainty, or probabilities.</source><translation/></message>
<message><source>Undo</source><translation/></message>
<message><source>Undo brings it back.</source><translation/></message>
<message><source>Undo brings them back.</source><translation/></message>
<message><source>Undo or redo to any entry.</source><translation/></message>
<message><source>Undo the look</source><translation/></message>
<message><source>Undo the step of the review</source><translation/></message>
<message><source>Up the list.</source><translation/></message>
<message><source>Use this arrangement for such studies</source><translation/></message>
<message><source>Use this arrangement for the whole modality</source><translation/></message>
<message><source>Versions and licences.</source><translation/></message>
<message><source>View in its own window</source><translation/></message>
<message><source>W 1500 L −600.</source><translation/></message>
<message><source>W 1800 L 400.</source><translation/></message>
<message><source>W 400 L 40.</source><translation/></message>
<message><source>W 80 L 40.</source><translation/></message>
<message><source>What each run took: time, memory, power and energy.</source><translation/></message>
<message><source>What is hidden stays hidden.</source><translation/></message>
<message><source>What is kept for such studies stays.</source><translation/></message>
<message><source>What is set once.</source><translation/></message>
<message><source>What only one of the two masks has, drawn over the slices.</source><translation/></message>
<message><source>What the model found beside structures.</source><translation/></message>
<message><source>Where the model was unsure, the worst first.</source><translation/></message>
<message><source>Window and level</source><translation/></message>
<message><source>Window from the image</source><translation/></message>
<message><source>With all its series.</source><translation/></message>
<message><source>With its clicks.</source><translation/></message>
<message><source>With its voxels; undo brings it back.</source><translation/></message>
<message><source>Without table and blanket.</source><translation/></message>
<message><source>Write it without what tells who the patient is.</source><translation/></message>
</context>
<context><name>Presets</name>
<message><source>CT airways</source><translation/></message>
<message><source>CT angiography</source><translation/></message>
<message><source>CT bone</source><translation/></message>
<message><source>CT cardiac</source><translation/></message>
<message><source>CT ghosted body</source><translation/></message>
<message><source>CT lung</source><translation/></message>
<message><source>CT metal</source><translation/></message>
<message><source>CT muscle and bone</source><translation/></message>
<message><source>CT organs</source><translation/></message>
<message><source>CT pelvis</source><translation/></message>
<message><source>CT skin</source><translation/></message>
<message><source>CT soft tissue</source><translation/></message>
<message><source>For T1-weighted heads: the brain with its folds, without skull and scalp.</source><translation/></message>
<message><source>For any MR image: bright tissue is firm, dark tissue a veil, background clear.</source><translation/></message>
<message><source>Hips and sacrum in full, with a breath of muscle and contrast around them.</source><translation/></message>
<message><source>Implants, clips and fillings in polished steel; bone as a veil.</source><translation/></message>
<message><source>MR angiography</source><translation/></message>
<message><source>MR brain</source><translation/></message>
<message><source>MR generic</source><translation/></message>
<message><source>Only the segments of any image, solid and in their colours.</source><translation/></message>
<message><source>Only the segments, solid and in their colours; everything else is hidden.</source><translation/></message>
<message><source>Organs, muscle and vessels as glass: their borders show, and what lies behind shines through.</source><translation/></message>
<message><source>PET activity</source><translation/></message>
<message><source>PET overlay</source><translation/></message>
<message><source>Red muscle over ivory bone, without skin and fat.</source><translation/></message>
<message><source>Segments only</source><translation/></message>
<message><source>The brightest vessels of time-of-flight or contrast angiography in red, other tissue almost clear.</source><translation/></message>
<message><source>The heart with contrast: chambers and coronary arteries red, muscle a veil, calcium white.</source><translation/></message>
<message><source>The lungs with their vessels and nodules, as if the chest wall were not there.</source><translation/></message>
<message><source>The segments solid and in their colours, inside the body as a veil.</source><translation/></message>
<message><source>The skeleton alone, ivory with warm marrow where it is thin.</source><translation/></message>
<message><source>The surface of the body, as the patient looks.</source><translation/></message>
<message><source>The wall between air and tissue: trachea, bronchi, bowel gas, and the lungs' outline.</source><translation/></message>
<message><source>Uptake from dark violet to yellow: firm from an SUV of about 3, a veil below.</source><translation/></message>
<message><source>Uptake in images without SUV, from the body's background to the hottest places.</source><translation/></message>
<message><source>Vessels filled with contrast in red, bone in ivory behind them.</source><translation/></message>
</context>
<context><name>Sentences</name>
<message><source> And {0} more.</source><translation/></message>
<message><source>A .pt file with only weights does not say which network they belong to; export it as TorchScript or ONNX.</source><translation/></message>
<message><source>A DICOM object needs a file name that ends in {0}.</source><translation/></message>
<message><source>A bug: {0}.</source><translation/></message>
<message><source>A bug; see the report.</source><translation/></message>
<message><source>A case begins with the first change.</source><translation/></message>
<message><source>A checkpoint alone does not say which network it is; export the MMAR as TorchScript.</source><translation/></message>
<message><source>A click for “{0}” is not three whole numbers.</source><translation/></message>
<message><source>A connected part of the result, to keep or to reject it.</source><translation/></message>
<message><source>A copy made by “Save a copy as” may still be whole.</source><translation/></message>
<message><source>A copy was saved as {0}.</source><translation/></message>
<message><source>A drawing belongs to all images, not to one place.</source><translation/></message>
<message><source>A drawing is damaged.</source><translation/></message>
<message><source>A drawing stands on an image that is not at hand.</source><translation/></message>
<message><source>A drawing stands on the screen, not on the image.</source><translation/></message>
<message><source>A file cannot be read.</source><translation/></message>
<message><source>A file name is needed.</source><translation/></message>
<message><source>A file of the list cannot be read.</source><translation/></message>
<message><source>A folder has no single checksum.</source><translation/></message>
<message><source>A frame of the object does not lie in any slice of the images.</source><translation/></message>
<message><source>A frame of the object is damaged.</source><translation/></message>
<message><source>A layer in {0} does not have the numbers {1}.</source><translation/></message>
<message><source>A link in the directory of the disc leads to no record.</source><translation/></message>
<message><source>A locked segment never changes.</source><translation/></message>
<message><source>A machine is given as AE@HOST:PORT.</source><translation/></message>
<message><source>A mask holds whole numbers from 0 to 65535; a probability map must be thresholded first.</source><translation/></message>
<message><source>A model is a folder, a zip, a .ts, .pt or .onnx file.</source><translation/></message>
<message><source>A model “{0}” was added meanwhile.</source><translation/></message>
<message><source>A movie along key frames needs two of them.</source><translation/></message>
<message><source>A movie has at most {0} key frames.</source><translation/></message>
<message><source>A movie of {0} seconds is not possible.</source><translation/></message>
<message><source>A movie of {0} seconds is too long.</source><translation/></message>
<message><source>A name is needed.</source><translation/></message>
<message><source>A network with the head “{0}” takes the image whole: its windows cannot be averaged.</source><translation/></message>
<message><source>A new name is needed.</source><translation/></message>
<message><source>A new, empty segment.</source><translation/></message>
<message><source>A number from 0.1 to 1.</source><translation/></message>
<message><source>A pair of .hdr and .img must be converted to one .nii first.</source><translation/></message>
<message><source>A part of the mask lies outside the image.</source><translation/></message>
<message><source>A pen's pressure changes the radius.</source><translation/></message>
<message><source>A picture of {0} × {1} pixels cannot be drawn.</source><translation/></message>
<message><source>A plane that faces the viewer; what lies before it is cut away.</source><translation/></message>
<message><source>A presentation state needs them.</source><translation/></message>
<message><source>A presentation state refers to DICOM images.</source><translation/></message>
<message><source>A preset needs a name of at most 80 letters.</source><translation/></message>
<message><source>A queue of images for a model, now or overnight.</source><translation/></message>
<message><source>A rectangle that is to be blacked out lies outside of the image.</source><translation/></message>
<message><source>A region is six numbers: k0 k1 j0 j1 i0 i1.</source><translation/></message>
<message><source>A segment agrees with itself.</source><translation/></message>
<message><source>A series beside the open one, by its folder and UID.</source><translation/></message>
<message><source>A size is not negative.</source><translation/></message>
<message><source>A structure that the model was not taught must be called new.</source><translation/></message>
<message><source>A surface needs {0} triangles or more; 0 keeps all.</source><translation/></message>
<message><source>A table for spreadsheets.</source><translation/></message>
<message><source>A torso made by computation.</source><translation/></message>
<message><source>A transfer function about the mean of its values.</source><translation/></message>
<message><source>A zoom of {0} makes no sense.</source><translation/></message>
<message><source>Accept or reject it first.</source><translation/></message>
<message><source>Add --trust to let it run (without network, and unable to write anywhere), or `limner models add` it.</source><translation/></message>
<message><source>Add images first.</source><translation/></message>
<message><source>Add it again with --own-port.</source><translation/></message>
<message><source>Add the folder where they are in Studies, or use Import.</source><translation/></message>
<message><source>Add them one by one.</source><translation/></message>
<message><source>Add, trust, test and remove models.</source><translation/></message>
<message><source>Added as {0}.</source><translation/></message>
<message><source>All are watertight.</source><translation/></message>
<message><source>All files are as they were added.</source><translation/></message>
<message><source>All others are dropped.</source><translation/></message>
<message><source>All runs of this workspace as a table (CSV).</source><translation/></message>
<message><source>All studies of your folders and of the workspace.</source><translation/></message>
<message><source>All these images are in the queue already.</source><translation/></message>
<message><source>All values as a table (CSV).</source><translation/></message>
<message><source>All values as text.</source><translation/></message>
<message><source>Allow it more time, or use a smaller image.</source><translation/></message>
<message><source>Allow it the network (`--network`; the window asks), or bring its weights here by hand.</source><translation/></message>
<message><source>Allow it the network for this run (`--network`; the window asks), or bring them by hand.</source><translation/></message>
<message><source>Among others it has {0}.</source><translation/></message>
<message><source>An .mp4 file, or a folder for PNG frames.</source><translation/></message>
<message><source>An entry of the archive is damaged or encrypted.</source><translation/></message>
<message><source>An entry of the archive is too large to be read from it.</source><translation/></message>
<message><source>And the structures that were chosen.</source><translation/></message>
<message><source>Another program is changing the models.</source><translation/></message>
<message><source>As a file for other people.</source><translation/></message>
<message><source>As a preset for other images.</source><translation/></message>
<message><source>As it was chosen.</source><translation/></message>
<message><source>As the preset has them.</source><translation/></message>
<message><source>Ask for it in grey or in colour.</source><translation/></message>
<message><source>Ask for it with 8 or 16 bits for each pixel.</source><translation/></message>
<message><source>Ask for the file again.</source><translation/></message>
<message><source>Ask its authors for one of version 2 (with plans.json and checkpoint_final.pth).</source><translation/></message>
<message><source>Ask other machines for studies, and fetch them.</source><translation/></message>
<message><source>Ask whoever made it for a file of weights only, best in the safetensors format.</source><translation/></message>
<message><source>Ask whoever made the model.</source><translation/></message>
<message><source>Ask whoever made the model; the details say where it stopped.</source><translation/></message>
<message><source>Assumed power of a busy core where the computer does not count the processor's energy.</source><translation/></message>
<message><source>At most {0} frames.</source><translation/></message>
<message><source>Axial, coronal or sagittal, in both studies.</source><translation/></message>
<message><source>Back on the same way.</source><translation/></message>
<message><source>Back to the look before.</source><translation/></message>
<message><source>Back to the segment before.</source><translation/></message>
<message><source>Begin afresh on this image.</source><translation/></message>
<message><source>Begin to work with a model that takes clicks.</source><translation/></message>
<message><source>Below a size; the largest part of each structure stays.</source><translation/></message>
<message><source>Black as white.</source><translation/></message>
<message><source>Body, lungs, airways, skeleton and fat of any CT by rules of anatomy; needs no download.</source><translation/></message>
<message><source>Boxes are read of TorchScript and ONNX files with a side file (head: boxes).</source><translation/></message>
<message><source>Brainchop's models exist as a list of layers with weights in the safetensors format, too.</source><translation/></message>
<message><source>Bring the archive in first; then send them.</source><translation/></message>
<message><source>Bring the archive in first; then try again.</source><translation/></message>
<message><source>Bring the same disc in again: it goes on from there.</source><translation/></message>
<message><source>Bring the undone change back.</source><translation/></message>
<message><source>By its folder and UID.</source><translation/></message>
<message><source>By its name, or from a file.</source><translation/></message>
<message><source>By its name.</source><translation/></message>
<message><source>By its number.</source><translation/></message>
<message><source>By its place.</source><translation/></message>
<message><source>By itself where a run takes less than 5 seconds.</source><translation/></message>
<message><source>Changed shortcuts by action.</source><translation/></message>
<message><source>Check that it is there and that you may read it.</source><translation/></message>
<message><source>Check that it is there.</source><translation/></message>
<message><source>Check that it still exists and may be read.</source><translation/></message>
<message><source>Check the address and the network; behind a proxy, set https_proxy. Or bring the file by hand.</source><translation/></message>
<message><source>Check the files that it names.</source><translation/></message>
<message><source>Choose a CT series, or another model.</source><translation/></message>
<message><source>Choose a PNG, JPEG, TIFF or Radiance HDR picture, twice as wide as high.</source><translation/></message>
<message><source>Choose a folder further down.</source><translation/></message>
<message><source>Choose a segment that is not empty.</source><translation/></message>
<message><source>Choose a structure first.</source><translation/></message>
<message><source>Choose a structure, or click on one.</source><translation/></message>
<message><source>Choose an empty folder.</source><translation/></message>
<message><source>Choose another folder.</source><translation/></message>
<message><source>Choose another name.</source><translation/></message>
<message><source>Choose another name; the case is saved already.</source><translation/></message>
<message><source>Choose another size.</source><translation/></message>
<message><source>Choose another workspace.</source><translation/></message>
<message><source>Choose by --format: {0}.</source><translation/></message>
<message><source>Choose device, precision, backend, averaging over flips, maps beside the labels.</source><translation/></message>
<message><source>Choose one by --series ID; `limner info PATH` lists them.</source><translation/></message>
<message><source>Choose one of them.</source><translation/></message>
<message><source>Choose the folder that holds the images.</source><translation/></message>
<message><source>Choose two different ones.</source><translation/></message>
<message><source>Choose window and level on opening.</source><translation/></message>
<message><source>Click inside a structure, with Shift outside, for a model.</source><translation/></message>
<message><source>Click inside the structure first.</source><translation/></message>
<message><source>Click inside “{0}” first.</source><translation/></message>
<message><source>Click into a view first.</source><translation/></message>
<message><source>Click one end, the vertex, the other end.</source><translation/></message>
<message><source>Click or drag from one end to the other.</source><translation/></message>
<message><source>Clicks are places in one image, so --prompts with clicks takes one image.</source><translation/></message>
<message><source>Clicks are voxels i, j, k, from 0 on.</source><translation/></message>
<message><source>Close it there, or open it read-only (--read-only).</source><translation/></message>
<message><source>Close other programs, or open a part of the image.</source><translation/></message>
<message><source>Close other programs, or open it on a computer with more memory.</source><translation/></message>
<message><source>Close other programs, run it on a part of the image, or allow it more.</source><translation/></message>
<message><source>Close other programs.</source><translation/></message>
<message><source>Colours of the window; the views are always black.</source><translation/></message>
<message><source>Compare it with a mask file or a case on the image's grid.</source><translation/></message>
<message><source>Compare the segments of two mask files, cases or DICOM objects, paired by name, or by label value where a file has no names. Differences are B minus A.</source><translation/></message>
<message><source>Compare the segments with a mask file first.</source><translation/></message>
<message><source>Computed by MONAI's own workflow, not by Limner's engine; its memory was not planned.</source><translation/></message>
<message><source>Convert it to one .mha file.</source><translation/></message>
<message><source>Convert it to one .nrrd file.</source><translation/></message>
<message><source>Coordinates are damaged.</source><translation/></message>
<message><source>Coordinates are pixels of images that are not at hand.</source><translation/></message>
<message><source>Coordinates belong to another frame of reference than these images.</source><translation/></message>
<message><source>Copy a CD or a folder into the workspace.</source><translation/></message>
<message><source>DELETE FROM cases WHERE path = ?</source><translation/></message>
<message><source>DELETE FROM checkpoint_blocks WHERE sequence &lt; ?</source><translation/></message>
<message><source>DELETE FROM checkpoints WHERE sequence &lt; ?</source><translation/></message>
<message><source>DELETE FROM files WHERE id = ?</source><translation/></message>
<message><source>DELETE FROM files WHERE path = ?</source><translation/></message>
<message><source>DELETE FROM roots WHERE path = ?</source><translation/></message>
<message><source>DICOM pictures have a background.</source><translation/></message>
<message><source>DICOM rounds the points of “{0}”: read back it holds other voxels on its rim. The report says what was measured here.</source><translation/></message>
<message><source>Dark and dimmed.</source><translation/></message>
<message><source>Delete in a view, too; redo brings it back.</source><translation/></message>
<message><source>Delete {0} images of {1}?</source><translation/></message>
<message><source>Dice, distances and volumes, segment by segment.</source><translation/></message>
<message><source>Do not trust this disc.</source><translation/></message>
<message><source>Done, flagged, in progress.</source><translation/></message>
<message><source>Down the list.</source><translation/></message>
<message><source>Drag an ellipse: its mean, spread and area.</source><translation/></message>
<message><source>Drag to change contrast and brightness.</source><translation/></message>
<message><source>Drag to move the image.</source><translation/></message>
<message><source>Drop the files by themselves.</source><translation/></message>
<message><source>Eight points are no box.</source><translation/></message>
<message><source>Entry {0} of this case is damaged.</source><translation/></message>
<message><source>Erase the selected segment.</source><translation/></message>
<message><source>Every command by name.</source><translation/></message>
<message><source>Every file of its folder was looked at instead.</source><translation/></message>
<message><source>Every run of a model is written down in the workspace, failed and cancelled ones too.</source><translation/></message>
<message><source>Everything else becomes a ghost.</source><translation/></message>
<message><source>Everything else is hidden.</source><translation/></message>
<message><source>Everything is saved already.</source><translation/></message>
<message><source>Everything that is proposed.</source><translation/></message>
<message><source>Export a mask or contours instead; they stay in the slice's plane.</source><translation/></message>
<message><source>Export it from this case first.</source><translation/></message>
<message><source>Export what you want to keep.</source><translation/></message>
<message><source>Factor on all text and icons.</source><translation/></message>
<message><source>Fetch again to get the rest.</source><translation/></message>
<message><source>Fetch again: what is here already is not fetched twice.</source><translation/></message>
<message><source>Fewer triangles make turning smoother.</source><translation/></message>
<message><source>File names in the directory of the disc that lead out of it: {0}. They were refused.</source><translation/></message>
<message><source>Files that the directory of the disc names and that are not there: {0}.</source><translation/></message>
<message><source>Files, folders, or --case CASE.</source><translation/></message>
<message><source>Fill the region that an outline encloses.</source><translation/></message>
<message><source>For another monitor; and back.</source><translation/></message>
<message><source>For bright rooms.</source><translation/></message>
<message><source>For bundles with steps that Limner's engine does not know.</source><translation/></message>
<message><source>For dim rooms.</source><translation/></message>
<message><source>For each pixel; a resting picture is refined up to here.</source><translation/></message>
<message><source>For example --patient-id 4711 or --date 20260101-20260131.</source><translation/></message>
<message><source>For this segment alone, about the mean of its values.</source><translation/></message>
<message><source>Foreign models cannot use the network, start programs or touch files outside their own folder.</source><translation/></message>
<message><source>Free some space and try again: what was fetched is kept and continued.</source><translation/></message>
<message><source>Free some space or choose another folder.</source><translation/></message>
<message><source>Free some space, or choose a folder that can be written.</source><translation/></message>
<message><source>From 3D Slicer.</source><translation/></message>
<message><source>From a folder, a zip, a .ts or .onnx file, or an address.</source><translation/></message>
<message><source>From cinematic pictures that are not finished yet.</source><translation/></message>
<message><source>From the image's histogram.</source><translation/></message>
<message><source>From the image's values.</source><translation/></message>
<message><source>From the store.</source><translation/></message>
<message><source>From the views and from the case.</source><translation/></message>
<message><source>From the workspace; cases stay.</source><translation/></message>
<message><source>From where the model says that they are.</source><translation/></message>
<message><source>From {0}: {1}.</source><translation/></message>
<message><source>Give another name with --as.</source><translation/></message>
<message><source>Give either --pair or --segments.</source><translation/></message>
<message><source>Give it a coded term.</source><translation/></message>
<message><source>Give it another colour.</source><translation/></message>
<message><source>Give it another name.</source><translation/></message>
<message><source>Give it as name=...</source><translation/></message>
<message><source>Give it as path=...</source><translation/></message>
<message><source>Give ml instead.</source><translation/></message>
<message><source>Give mm2 instead.</source><translation/></message>
<message><source>Give one for a zip or a network's file.</source><translation/></message>
<message><source>Give them as a=... b=...</source><translation/></message>
<message><source>Give them as key=value.</source><translation/></message>
<message><source>How sure it was, over the slices.</source><translation/></message>
<message><source>How surfaces were exported last.</source><translation/></message>
<message><source>How the last movie was exported.</source><translation/></message>
<message><source>How the last picture was exported.</source><translation/></message>
<message><source>How this case was shown last is damaged in its file.</source><translation/></message>
<message><source>If it gives label values, a side file with the head “labels” says so.</source><translation/></message>
<message><source>If it is genuine, save it uncompressed and open that.</source><translation/></message>
<message><source>Images and other objects that the directory of the disc does not name: {0}.</source><translation/></message>
<message><source>Images, a zip, or a case.</source><translation/></message>
<message><source>Import it all the same? Each voxel takes the value of the nearest one of the map.</source><translation/></message>
<message><source>Import it all the same? Edges may move by half a voxel, and slices between contours are interpolated.</source><translation/></message>
<message><source>Import it all the same? Only when you know that it is about this patient and these images.</source><translation/></message>
<message><source>Import it, and name one of them.</source><translation/></message>
<message><source>Imported: {0} and {1} more.</source><translation/></message>
<message><source>In all views.</source><translation/></message>
<message><source>In megabytes; larger volumes are reduced. 0 for what the card has.</source><translation/></message>
<message><source>In the active view.</source><translation/></message>
<message><source>In the list.</source><translation/></message>
<message><source>In the slices.</source><translation/></message>
<message><source>Install it beside PyTorch.</source><translation/></message>
<message><source>Interpolate grey values between voxels.</source><translation/></message>
<message><source>Is the disk full?</source><translation/></message>
<message><source>Is there room for temporary files?</source><translation/></message>
<message><source>It belongs to a store that is only read here; ask whoever looks after it.</source><translation/></message>
<message><source>It can perhaps only be trained.</source><translation/></message>
<message><source>It can read and write your files.</source><translation/></message>
<message><source>It can start other programs.</source><translation/></message>
<message><source>It cannot be used here.</source><translation/></message>
<message><source>It cannot start or touch other programs.</source><translation/></message>
<message><source>It could write nothing but its temporary folder and, with the network, its folder of weights.</source><translation/></message>
<message><source>It could write wherever its user can.</source><translation/></message>
<message><source>It does not have the form that the standard wants: it was left empty.</source><translation/></message>
<message><source>It had no network.</source><translation/></message>
<message><source>It has several windows for different images: the first one was taken.</source><translation/></message>
<message><source>It has {0}.</source><translation/></message>
<message><source>It holds an archive: open {0} itself.</source><translation/></message>
<message><source>It holds masks of an image: open that image, then use Import (`limner case import CASE FILE`).</source><translation/></message>
<message><source>It holds {0} GB, more than any model.</source><translation/></message>
<message><source>It holds: {0}.</source><translation/></message>
<message><source>It is as the standard wants it.</source><translation/></message>
<message><source>It is ended when it takes too much memory.</source><translation/></message>
<message><source>It is missing or invalid in {0} of {1} images: another one was made for each.</source><translation/></message>
<message><source>It is missing: it was added without a value.</source><translation/></message>
<message><source>It is not as the standard wants it.</source><translation/></message>
<message><source>It is not part of the result any more.</source><translation/></message>
<message><source>It is not the object that was to be written.</source><translation/></message>
<message><source>It is taken for a network on brain MR at 1 mm, as brainchop's are.</source><translation/></message>
<message><source>It is {0}: another one was made, the same each time.</source><translation/></message>
<message><source>It is: {0}.</source><translation/></message>
<message><source>It knows {0}.</source><translation/></message>
<message><source>It maps grey values by a table, which Limner does not take over.</source><translation/></message>
<message><source>It may be a template, or a part of a model.</source><translation/></message>
<message><source>It may be waiting for something that it cannot get here, such as the network.</source><translation/></message>
<message><source>It must end in the name of a zip, .ts or .onnx file.</source><translation/></message>
<message><source>It names steps of its own, which are not run: {0}.</source><translation/></message>
<message><source>It reads only itself and the program, and writes only to a folder that is deleted.</source><translation/></message>
<message><source>It said nothing.</source><translation/></message>
<message><source>It takes auto, cpu, cuda:0 or mps.</source><translation/></message>
<message><source>It takes clicks for {0}.</source><translation/></message>
<message><source>It takes {0}.</source><translation/></message>
<message><source>It takes: {0}.</source><translation/></message>
<message><source>It was accepted, but the archive does not find it yet.</source><translation/></message>
<message><source>It was allowed the network; its servers could not be reached.</source><translation/></message>
<message><source>It was allowed to use the network.</source><translation/></message>
<message><source>It was cut off, perhaps while it was copied.</source><translation/></message>
<message><source>It was moved or removed, or its disk or network share is not connected.</source><translation/></message>
<message><source>It was not averaged over flips: nobody says along which axes this model may see an image flipped.</source><translation/></message>
<message><source>It was not fetched.</source><translation/></message>
<message><source>It was not followed.</source><translation/></message>
<message><source>It was stopped.</source><translation/></message>
<message><source>Its Python code can write only to a folder that is deleted; it can read your files.</source><translation/></message>
<message><source>Its Python code cannot start other programs.</source><translation/></message>
<message><source>Its arguments: {0}.</source><translation/></message>
<message><source>Its command, or the folder of its Python environment; empty for the one on the search path, off for none.</source><translation/></message>
<message><source>Its file in the outbox cannot be read any more.</source><translation/></message>
<message><source>Its files are deleted; results stay.</source><translation/></message>
<message><source>Its files, and a run on a small made-up image.</source><translation/></message>
<message><source>Its makers give one, free for non-commercial use: {0}; then `totalseg_set_license -l NUMBER`.</source><translation/></message>
<message><source>Its memory is limited.</source><translation/></message>
<message><source>Its memory is not limited.</source><translation/></message>
<message><source>Its memory is not planned, its progress is not seen, and it takes no options. Its result waits as any other.</source><translation/></message>
<message><source>Its network was cut by proxy settings alone; a program that ignores them can connect.</source><translation/></message>
<message><source>Its own steps would interpolate between label numbers; Limner decides after that instead.</source><translation/></message>
<message><source>Its own weights are on this computer.</source><translation/></message>
<message><source>Its pixels lie in unusual bits and cannot be changed.</source><translation/></message>
<message><source>Its segments are whole.</source><translation/></message>
<message><source>Keep the true slice positions, resample to a regular grid, or ask each time.</source><translation/></message>
<message><source>Known are DICOM, NIfTI, NRRD, MetaImage, and zip archives.</source><translation/></message>
<message><source>Known are {0}.</source><translation/></message>
<message><source>Known models: {0}.</source><translation/></message>
<message><source>Known parameters: {0}.</source><translation/></message>
<message><source>Layout, window and 3D for the same modality and body part.</source><translation/></message>
<message><source>Layout, window and 3D for the same modality, whatever the body part.</source><translation/></message>
<message><source>Layout, window and 3D.</source><translation/></message>
<message><source>Layout, window, slabs and 3D. A case keeps its own.</source><translation/></message>
<message><source>Leave it out or paint it first.</source><translation/></message>
<message><source>Leave the choice to Limner, or insist on it.</source><translation/></message>
<message><source>Leave the choice to Limner.</source><translation/></message>
<message><source>Leave the object out.</source><translation/></message>
<message><source>Left as it is, because it is locked: {0}.</source><translation/></message>
<message><source>Limner deletes only what it received or brought in; remove others where they are.</source><translation/></message>
<message><source>Limner has no measurement like a {0} of {1} points.</source><translation/></message>
<message><source>Limner reads segmentations of volumes, whose frames have positions.</source><translation/></message>
<message><source>Limner's extra `ai` installs what computes networks (`python3 dev.py run --ai` from a checkout).</source><translation/></message>
<message><source>Look at the folder again (F5).</source><translation/></message>
<message><source>Look at the folders again (F5).</source><translation/></message>
<message><source>Looked for in the list of studies, in “{0}” and in the folders beside it. {1}Open the images, then drop the object again; or add their folder in Studies.</source><translation/></message>
<message><source>MONAI's own workflow can be told the device only, not: {0}.</source><translation/></message>
<message><source>MONAI's own workflow may know it: --stock, or “Run with MONAI's own workflow…” in the model's menu.</source><translation/></message>
<message><source>MONAI's own workflow runs: its memory is not planned.</source><translation/></message>
<message><source>MONAI's own workflow wrote {0} channels, which cannot be told apart.</source><translation/></message>
<message><source>MONAI's own workflow {0}.</source><translation/></message>
<message><source>Made with {0}.</source><translation/></message>
<message><source>Make room on the disk of the temporary files.</source><translation/></message>
<message><source>Maps of {0} structures' probabilities are too many at a time.</source><translation/></message>
<message><source>Mark the chosen part as right.</source><translation/></message>
<message><source>Masks are not written as “{0}”.</source><translation/></message>
<message><source>Masks come as segmentations or structure sets; reports and maps by `limner case import CASE FILE`.</source><translation/></message>
<message><source>Masks on unevenly spaced slices cannot be compared: their surfaces have gaps of unknown size.</source><translation/></message>
<message><source>Masks, or a DICOM segmentation, structure set, report, presentation state or map.</source><translation/></message>
<message><source>Maximum intensity over 0, 10, 20, 40 mm.</source><translation/></message>
<message><source>MetaImage cannot hold a grid with sheared axes (gantry tilt).</source><translation/></message>
<message><source>Minutes for which a model that was added keeps its memory after a run, so that the next one begins sooner. 0 gives it back at once.</source><translation/></message>
<message><source>Model, folder and kind of results of the last batch.</source><translation/></message>
<message><source>Models can be fetched from http and https addresses only.</source><translation/></message>
<message><source>Move the crosshair of all views.</source><translation/></message>
<message><source>Move the crosshair to it.</source><translation/></message>
<message><source>Move the file away; a new one begins with the next run.</source><translation/></message>
<message><source>Movies are not written as “{0}”.</source><translation/></message>
<message><source>NIfTI, NRRD or MetaImage.</source><translation/></message>
<message><source>NOT watertight: {0}.</source><translation/></message>
<message><source>NVIDIA published most of these models again for PyTorch, as MMARs of Clara Train 4 or as MONAI bundles.</source><translation/></message>
<message><source>Name an empty or a new folder.</source><translation/></message>
<message><source>Name one of them in its field “file”.</source><translation/></message>
<message><source>Name the file of the mask.</source><translation/></message>
<message><source>Name the folder or the files of one.</source><translation/></message>
<message><source>Name the series that was segmented.</source><translation/></message>
<message><source>Name their place by --series PATH.</source><translation/></message>
<message><source>Name them by --series PATH.</source><translation/></message>
<message><source>Name up to {0} of them.</source><translation/></message>
<message><source>Name, birth date or patient ID differ from those of the open study. Show them beside it nevertheless?</source><translation/></message>
<message><source>Names were changed to what DICOM can hold, 64 characters: {0}{1}.</source><translation/></message>
<message><source>No archive is set up yet.</source><translation/></message>
<message><source>No clicks were given, so the model segments by itself.</source><translation/></message>
<message><source>No code is known for {0}.</source><translation/></message>
<message><source>No mask was written: the model gives {0}. They are in {1}.</source><translation/></message>
<message><source>No measurement is selected.</source><translation/></message>
<message><source>No model that takes clicks is chosen.</source><translation/></message>
<message><source>No model was run in this workspace yet.</source><translation/></message>
<message><source>No program here shows PDF files.</source><translation/></message>
<message><source>No research file format can hold unevenly spaced slices.</source><translation/></message>
<message><source>No result waits for acceptance.</source><translation/></message>
<message><source>No segment is selected.</source><translation/></message>
<message><source>No segment of A has a partner in B: names and label values differ.</source><translation/></message>
<message><source>No slice of the series can be read.</source><translation/></message>
<message><source>No study is open.</source><translation/></message>
<message><source>Nobody can tell whether it is the right file.</source><translation/></message>
<message><source>Nobody says how thick the only slice is: volumes that are worked out from the object mean nothing.</source><translation/></message>
<message><source>Noise is removed by a simple filter: {0}.</source><translation/></message>
<message><source>None of its files can be sent.</source><translation/></message>
<message><source>None of the files that this DICOMDIR names is there.</source><translation/></message>
<message><source>None of these structures is proposed.</source><translation/></message>
<message><source>Not for diagnosis.</source><translation/></message>
<message><source>Not for diagnosis. Made by Limner.</source><translation/></message>
<message><source>Nothing is compared.</source><translation/></message>
<message><source>Nothing is left of this result to accept.</source><translation/></message>
<message><source>Nothing is missing.</source><translation/></message>
<message><source>Nothing of it was taken.</source><translation/></message>
<message><source>Nothing of the image is on the screen.</source><translation/></message>
<message><source>Nothing of this can be sent to “{0}”.</source><translation/></message>
<message><source>Nothing of this structure set lies on the image.</source><translation/></message>
<message><source>Nothing says that this structure set belongs to this image.</source><translation/></message>
<message><source>Nothing waits in the queue.</source><translation/></message>
<message><source>Nothing was added.</source><translation/></message>
<message><source>Nothing was found.</source><translation/></message>
<message><source>Nothing was removed.</source><translation/></message>
<message><source>Nothing was taken from it.</source><translation/></message>
<message><source>Of Limner or 3D Slicer.</source><translation/></message>
<message><source>Of a 4D image.</source><translation/></message>
<message><source>Of a program that is installed on its own.</source><translation/></message>
<message><source>Of a row of the comparison.</source><translation/></message>
<message><source>Of an earlier run, not of this one: {0}.</source><translation/></message>
<message><source>Of models with prompts, MONAI bundles of the DeepEdit and VISTA3D families and Clara's own deepgrow can be run.</source><translation/></message>
<message><source>Of the 3D view, up to 8K: PNG, TIFF, DICOM.</source><translation/></message>
<message><source>Of the last run of each model.</source><translation/></message>
<message><source>Of the page Look.</source><translation/></message>
<message><source>Of the waiting result.</source><translation/></message>
<message><source>Of the windows, by the screens that are there.</source><translation/></message>
<message><source>On the images that it is about.</source><translation/></message>
<message><source>One large view, three small.</source><translation/></message>
<message><source>One of {0}, or a JSON file.</source><translation/></message>
<message><source>One of {0}.</source><translation/></message>
<message><source>One part of each structure.</source><translation/></message>
<message><source>Only Linux has memory without a name.</source><translation/></message>
<message><source>Only a case can be written as this.</source><translation/></message>
<message><source>Only the first {0} files were looked at. </source><translation/></message>
<message><source>Open it again.</source><translation/></message>
<message><source>Open it as an image of its own.</source><translation/></message>
<message><source>Open it on the disc itself, or copy the whole disc.</source><translation/></message>
<message><source>Open it once in the window.</source><translation/></message>
<message><source>Open it read-only? Nothing can be changed then.</source><translation/></message>
<message><source>Open that image, and run the model from there.</source><translation/></message>
<message><source>Open the current study first, then show the other one beside it.</source><translation/></message>
<message><source>Open the folder with the image series.</source><translation/></message>
<message><source>Open the images that it names.</source><translation/></message>
<message><source>Open the series with --regular-grid and segment it there.</source><translation/></message>
<message><source>Open them, then drop the object again.</source><translation/></message>
<message><source>Open, see, segment, refine and prove medical volumes.</source><translation/></message>
<message><source>OpenGL could not be tried: {0}.</source><translation/></message>
<message><source>OpenGL did not answer.</source><translation/></message>
<message><source>OpenGL gave no version.</source><translation/></message>
<message><source>OpenGL {0}.{1} or later is missing.</source><translation/></message>
<message><source>Or open cuts.</source><translation/></message>
<message><source>Other segments lie inside it, like organs in the body.</source><translation/></message>
<message><source>PNG and TIFF can do without.</source><translation/></message>
<message><source>Paint one slice or in 3D.</source><translation/></message>
<message><source>Paint the selected segment.</source><translation/></message>
<message><source>Parts come back.</source><translation/></message>
<message><source>Parts of a result below this are dropped.</source><translation/></message>
<message><source>Pictures are not written as “{0}”.</source><translation/></message>
<message><source>Pixels of this form cannot be changed.</source><translation/></message>
<message><source>Planes, box and cutaway.</source><translation/></message>
<message><source>Please report this.</source><translation/></message>
<message><source>Prompts look like {"clicks": {"spleen": [[i, j, k], ...]}, "outside": {"spleen": [[i, j, k]]}, "labels": [3, "liver"], "new": ["lesion"], "only_around_clicks": false}.</source><translation/></message>
<message><source>Put the folders of {0} and of this one into one folder without others, and add that.</source><translation/></message>
<message><source>PySide6 6.12 and later abort the program on Python 3.11: install PySide6-Essentials 6.11.3, or use Python 3.12.</source><translation/></message>
<message><source>Radius + 15 %.</source><translation/></message>
<message><source>Radius − 15 %.</source><translation/></message>
<message><source>Receives by DICOM (C-STORE) into the workspace, from the machines that the configuration lists.</source><translation/></message>
<message><source>Register and resample the others to the first one's grid.</source><translation/></message>
<message><source>Remove and add it.</source><translation/></message>
<message><source>Remove it and add it again.</source><translation/></message>
<message><source>Remove it first, or give this one another name with --as.</source><translation/></message>
<message><source>Remove the model {0}{1}?</source><translation/></message>
<message><source>Remove {0}: it is made anew ({1}).</source><translation/></message>
<message><source>Removing a model needs your consent.</source><translation/></message>
<message><source>Repair or remove {0} in the workspace ({1}).</source><translation/></message>
<message><source>Replace files that are there already?</source><translation/></message>
<message><source>Replace, add, only where empty, or new segments.</source><translation/></message>
<message><source>Report from images with a pixel spacing.</source><translation/></message>
<message><source>Resample it to a regular grid first (Image menu, or --regular-grid on the command line).</source><translation/></message>
<message><source>Resample it to this image's grid? Edges may move by half a voxel.</source><translation/></message>
<message><source>Resample the image first.</source><translation/></message>
<message><source>Resample with --regular-grid.</source><translation/></message>
<message><source>Results for “{0}” go to its quarantine “{1}”.</source><translation/></message>
<message><source>Rows are numbers, separated by commas.</source><translation/></message>
<message><source>Run `limner case verify` on it.</source><translation/></message>
<message><source>Run a model on the part of the image that all slice views show.</source><translation/></message>
<message><source>Run a model on this image.</source><translation/></message>
<message><source>Run it again. If it stops again, close other programs.</source><translation/></message>
<message><source>Run it as it is, or choose another model.</source><translation/></message>
<message><source>Run it as it is.</source><translation/></message>
<message><source>Run the model again.</source><translation/></message>
<message><source>Run {0} with MONAI's own workflow?</source><translation/></message>
<message><source>SELECT count(*) FROM deltas WHERE sequence = ?</source><translation/></message>
<message><source>SELECT id FROM series WHERE study_id = ? AND uid = ? AND modality = ?</source><translation/></message>
<message><source>SELECT id FROM studies WHERE uid = ? AND patient_id = ? AND patient_name = ?</source><translation/></message>
<message><source>SELECT id, kind FROM files WHERE path = ?</source><translation/></message>
<message><source>SELECT layer, k, j, i, itemsize, data FROM checkpoint_blocks WHERE sequence = ?</source><translation/></message>
<message><source>SELECT path FROM files WHERE kind = ?</source><translation/></message>
<message><source>SELECT path, size, mtime_ns FROM files WHERE path &gt;= ? AND path &lt; ?</source><translation/></message>
<message><source>SELECT study_id FROM series WHERE id = ?</source><translation/></message>
<message><source>SELECT t.id, t.uid, t.patient_id, t.patient_name, t.birth_date, t.sex, t.date, t.time, t.description, t.accession_number, group_concat(DISTINCT s.modality), count(DISTINCT s.id), (SELECT count(DISTINCT {0}) FROM instances i JOIN series x ON x.id = i.series_id WHERE x.study_id = t.id), (SELECT count(DISTINCT c.path) FROM case_series c JOIN series x ON x.uid = c.uid WHERE x.study_id = t.id) FROM studies t JOIN series s ON s.study_id = t.id WHERE {1} GROUP BY t.id ORDER BY t.date DESC, t.time DESC, t.patient_name, t.id LIMIT ?</source><translation/></message>
<message><source>SELECT value FROM state WHERE key = ?</source><translation/></message>
<message><source>SELECT width, height, channels, pixels FROM thumbnails WHERE series_id = ? AND made_for = ?</source><translation/></message>
<message><source>STL, OBJ, PLY, 3MF or glTF, for printing.</source><translation/></message>
<message><source>Save it as binary.</source><translation/></message>
<message><source>Save it with raw or gzip encoding.</source><translation/></message>
<message><source>Save the document instead.</source><translation/></message>
<message><source>Say what to search for.</source><translation/></message>
<message><source>Say what to send.</source><translation/></message>
<message><source>Say where they are now (--images PATH).</source><translation/></message>
<message><source>See and change the keys.</source><translation/></message>
<message><source>Segment into a case first.</source><translation/></message>
<message><source>Segment something first.</source><translation/></message>
<message><source>Segment with a model that gives one, and accept it.</source><translation/></message>
<message><source>Segmentation, structure set, report or picture.</source><translation/></message>
<message><source>Segmentations, reports and states that lie beside the images or are in the list of studies.</source><translation/></message>
<message><source>Segments as surfaces, where 3D shows a volume.</source><translation/></message>
<message><source>Select the segment under the cursor.</source><translation/></message>
<message><source>Set one up in the window of the archives.</source><translation/></message>
<message><source>Several colour volumes do not fit into one NRRD file.</source><translation/></message>
<message><source>Several images share one: references cannot tell them apart.</source><translation/></message>
<message><source>Show only a box of the image.</source><translation/></message>
<message><source>Show or hide.</source><translation/></message>
<message><source>Show the three planes.</source><translation/></message>
<message><source>Shown as you arranged it for {0}.</source><translation/></message>
<message><source>Shown, ghost or hidden.</source><translation/></message>
<message><source>Size and panels of the main window.</source><translation/></message>
<message><source>Slices or 3D.</source><translation/></message>
<message><source>Smooth the segments first.</source><translation/></message>
<message><source>So many overlapping structures do not fit this computer's memory.</source><translation/></message>
<message><source>So much smoothing or so few triangles cannot be.</source><translation/></message>
<message><source>So that it may run.</source><translation/></message>
<message><source>Some of those that are proposed.</source><translation/></message>
<message><source>Some of what is proposed.</source><translation/></message>
<message><source>Some programs interpolate between label values, which gives numbers that mean nothing.</source><translation/></message>
<message><source>Somebody or something changed the file outside Limner.</source><translation/></message>
<message><source>Stopped by the user.</source><translation/></message>
<message><source>Studies of the list, or some of their series, to an archive.</source><translation/></message>
<message><source>Surfaces are not written as “{0}”.</source><translation/></message>
<message><source>Surfaces were written to {0}. Volumes changed by {1} % at most ({2}). </source><translation/></message>
<message><source>Surfaces, ray casting, cinematic.</source><translation/></message>
<message><source>Take it in, and let its code run?</source><translation/></message>
<message><source>Take it in?</source><translation/></message>
<message><source>Take the last change back.</source><translation/></message>
<message><source>Takes away what lies before it, seen from where the 3D view stands.</source><translation/></message>
<message><source>The 3D view in motion: MP4, or PNG frames.</source><translation/></message>
<message><source>The 3D view is too small for a picture of its size.</source><translation/></message>
<message><source>The 3D view shows nothing yet.</source><translation/></message>
<message><source>The 3D view, for a movie along key frames.</source><translation/></message>
<message><source>The GPU's memory did not suffice, so the CPU computed.</source><translation/></message>
<message><source>The GPU's memory was short: windows were computed one by one.</source><translation/></message>
<message><source>The MMAR “{0}” can only be trained: it has none of {1}.</source><translation/></message>
<message><source>The Radiance picture {0} could not be read: {1}.</source><translation/></message>
<message><source>The active view alone.</source><translation/></message>
<message><source>The active view's, to the clipboard.</source><translation/></message>
<message><source>The active view, for another monitor; and back.</source><translation/></message>
<message><source>The address may hold another version by now. Nothing was kept.</source><translation/></message>
<message><source>The address names no file.</source><translation/></message>
<message><source>The archive cannot be opened: it is damaged or not a zip file.</source><translation/></message>
<message><source>The archive has entries that lead out of its folder; it was not made to carry images.</source><translation/></message>
<message><source>The archive holds more than {0} files.</source><translation/></message>
<message><source>The archive is encrypted.</source><translation/></message>
<message><source>The archive would unfold to {0} GB, far more than its size allows.</source><translation/></message>
<message><source>The arrangement for {0} is forgotten.</source><translation/></message>
<message><source>The axes of an ellipse are not at right angles.</source><translation/></message>
<message><source>The back end {0} only draws cinematic pictures.</source><translation/></message>
<message><source>The bundle does not say what these values of its mask mean: {0}.</source><translation/></message>
<message><source>The bundle loads {0} images, and {1} were given.</source><translation/></message>
<message><source>The bundle “{0}” says nowhere how it is run: it has no configs/inference.json or .yaml.</source><translation/></message>
<message><source>The case could not be written.</source><translation/></message>
<message><source>The case held {0}{1} already: now there are two. Undo takes the import back.</source><translation/></message>
<message><source>The case is saved already.</source><translation/></message>
<message><source>The case itself is always saved.</source><translation/></message>
<message><source>The case keeps no map “{0}”.</source><translation/></message>
<message><source>The case on these images has imported “{0}” before.</source><translation/></message>
<message><source>The case stays as it is.</source><translation/></message>
<message><source>The case {0} cannot be read.</source><translation/></message>
<message><source>The case {0} does not know its image's hash yet.</source><translation/></message>
<message><source>The case's segments against those of the same name that are proposed.</source><translation/></message>
<message><source>The chosen model, on the clicks and structures that there are.</source><translation/></message>
<message><source>The click {0} lies outside the image.</source><translation/></message>
<message><source>The clicks are forgotten, a result that waits stays.</source><translation/></message>
<message><source>The clicks for “{0}” cannot be understood.</source><translation/></message>
<message><source>The clicks for “{}” lie where the model does not look, so it was not computed around them.</source><translation/></message>
<message><source>The code in it is not run ({0}).</source><translation/></message>
<message><source>The code of {0} may run now, in a process of its own.</source><translation/></message>
<message><source>The code of {0} may run now. It runs in a process of its own; see docs/models.md.</source><translation/></message>
<message><source>The comparison has no row {0}.</source><translation/></message>
<message><source>The comparison was written to {0}.</source><translation/></message>
<message><source>The compressed image does not have the size that the header claims.</source><translation/></message>
<message><source>The compressed image does not hold whole numbers.</source><translation/></message>
<message><source>The compressed pixels are damaged.</source><translation/></message>
<message><source>The compressed pixels do not hold as many frames as the header claims.</source><translation/></message>
<message><source>The compressed pixels have no readable fragments.</source><translation/></message>
<message><source>The configuration is right.</source><translation/></message>
<message><source>The connection ended after {0} of {1} MB.</source><translation/></message>
<message><source>The contours are too intricate to be made into a mask.</source><translation/></message>
<message><source>The contours do not lie in the planes of the image's slices.</source><translation/></message>
<message><source>The contours of {0} lie {1} slices apart: between them it would be empty.</source><translation/></message>
<message><source>The copy could not be written to {0}.</source><translation/></message>
<message><source>The data that it learnt from has terms of its own: {0}.</source><translation/></message>
<message><source>The decoder did not answer for every slice.</source><translation/></message>
<message><source>The deflated file is damaged.</source><translation/></message>
<message><source>The deflated file unfolds to more than {0} MB.</source><translation/></message>
<message><source>The demo study cannot be written to {0}.</source><translation/></message>
<message><source>The directory of the disc and its files contradict each other; every file was looked at.</source><translation/></message>
<message><source>The directory of the disc cannot be read.</source><translation/></message>
<message><source>The directory of the disc ends within a record.</source><translation/></message>
<message><source>The directory of the disc has a damaged record.</source><translation/></message>
<message><source>The directory of the disc is compressed.</source><translation/></message>
<message><source>The directory of the disc is no DICOM file.</source><translation/></message>
<message><source>The directory of the disc is too large.</source><translation/></message>
<message><source>The directory of the disc names no files.</source><translation/></message>
<message><source>The directory of the disc nests too deeply.</source><translation/></message>
<message><source>The disk is too full for the {0} GB of this file.</source><translation/></message>
<message><source>The disk is too full: {0} GB are needed, {1} GB are free.</source><translation/></message>
<message><source>The document was saved as {0}.</source><translation/></message>
<message><source>The environment picture {0} could not be read.</source><translation/></message>
<message><source>The environment picture {0} is black or damaged.</source><translation/></message>
<message><source>The environment picture {0} is damaged.</source><translation/></message>
<message><source>The field in the panel at the right finds it by name.</source><translation/></message>
<message><source>The file cannot be decoded: the decoder stopped, ran out of its memory or took too long.</source><translation/></message>
<message><source>The file cannot be read.</source><translation/></message>
<message><source>The file claims {0} MB of pixels but holds only {1} kB of them.</source><translation/></message>
<message><source>The file claims {0} frames but holds pixels for {1}: its header and its pixels do not belong together.</source><translation/></message>
<message><source>The file claims {0} frames, more than it has bytes.</source><translation/></message>
<message><source>The file could not be fetched: {0}.</source><translation/></message>
<message><source>The file could not be read back as it was written.</source><translation/></message>
<message><source>The file ends before its last frame.</source><translation/></message>
<message><source>The file has more than {0} GB.</source><translation/></message>
<message><source>The file has {0} GB; at most {1} GB are fetched.</source><translation/></message>
<message><source>The file has {0} values per pixel; Limner reads 1 or 3.</source><translation/></message>
<message><source>The file holds fractions ({0}): voxels of {1} and more were taken.</source><translation/></message>
<message><source>The file holds no DICOM segmentation.</source><translation/></message>
<message><source>The file holds several maps of one place; Limner reads one at a time.</source><translation/></message>
<message><source>The file holds {0}.</source><translation/></message>
<message><source>The file is cut short within its pixels.</source><translation/></message>
<message><source>The file is cut short: it holds {0} of the {1} bytes of pixels that its header claims.</source><translation/></message>
<message><source>The file is damaged, or asks for more memory than a file may.</source><translation/></message>
<message><source>The file is damaged: a sequence holds something else than items.</source><translation/></message>
<message><source>The file is damaged: a sequence is longer than what holds it.</source><translation/></message>
<message><source>The file is damaged: an element is longer than what holds it.</source><translation/></message>
<message><source>The file is damaged: it cannot be followed.</source><translation/></message>
<message><source>The file is damaged: it has no readable DICOM header.</source><translation/></message>
<message><source>The file is damaged: its header ends within an element.</source><translation/></message>
<message><source>The file is no image that Limner knows.</source><translation/></message>
<message><source>The file names another frame of reference than the image has; only the positions agree.</source><translation/></message>
<message><source>The file names no frame of reference: its masks were laid out by their positions.</source><translation/></message>
<message><source>The file names no series, but has this image's frame of reference: its positions hold.</source><translation/></message>
<message><source>The file nests its sequences too deeply to be a medical image.</source><translation/></message>
<message><source>The file nests its sequences too deeply.</source><translation/></message>
<message><source>The file packs its pixels into {0} bits, which Limner does not read.</source><translation/></message>
<message><source>The file refers to another series, but has this image's frame of reference: its positions hold.</source><translation/></message>
<message><source>The file refers to this image, but names another frame of reference.</source><translation/></message>
<message><source>The file says that it was made on another series.</source><translation/></message>
<message><source>The file uses a compression that Limner does not know.</source><translation/></message>
<message><source>The file {0} cannot be read.</source><translation/></message>
<message><source>The file {0} does not hold a table of settings.</source><translation/></message>
<message><source>The file {0} does not hold weights in the safetensors format.</source><translation/></message>
<message><source>The file {0} holds more parts than any real one.</source><translation/></message>
<message><source>The file {0} is broken.</source><translation/></message>
<message><source>The file {0} is larger than any real one of its kind.</source><translation/></message>
<message><source>The file {0} is no valid JSON.</source><translation/></message>
<message><source>The file {0} is no valid YAML.</source><translation/></message>
<message><source>The file {0} is not whole: the numbers of {1} are missing.</source><translation/></message>
<message><source>The file {0} of “{1}” has no layers.</source><translation/></message>
<message><source>The file's header has too many elements to be a medical image.</source><translation/></message>
<message><source>The file's header has too many elements.</source><translation/></message>
<message><source>The file's header has {0} MB, too much for any object.</source><translation/></message>
<message><source>The file's pixels do not have the size that its header claims.</source><translation/></message>
<message><source>The folder for the result must not hold the originals.</source><translation/></message>
<message><source>The folder holds more than {0} files.</source><translation/></message>
<message><source>The folder of models {0} cannot be written.</source><translation/></message>
<message><source>The folder of presets cannot be made: {0}.</source><translation/></message>
<message><source>The folder {0} cannot be made.</source><translation/></message>
<message><source>The folder {0} cannot be used.</source><translation/></message>
<message><source>The folder {0} cannot be written.</source><translation/></message>
<message><source>The folder {0} holds other files.</source><translation/></message>
<message><source>The folder “{0}” cannot be copied.</source><translation/></message>
<message><source>The folder “{0}” cannot be read.</source><translation/></message>
<message><source>The folder “{0}” holds a link to elsewhere: {1}.</source><translation/></message>
<message><source>The folder “{0}” holds more files than any model has.</source><translation/></message>
<message><source>The folder “{0}” holds more files than any model.</source><translation/></message>
<message><source>The folder “{0}” holds what is no file: {1}.</source><translation/></message>
<message><source>The format {0} needs a file name that ends in .{1}.</source><translation/></message>
<message><source>The format {0} needs a file name that ends in {1}.</source><translation/></message>
<message><source>The frames of the object lie beside each other in one plane; Limner reads stacks of slices.</source><translation/></message>
<message><source>The frames of the object lie too far apart to be slices of one volume.</source><translation/></message>
<message><source>The frames of the parametric map are scaled differently, which Limner does not read.</source><translation/></message>
<message><source>The frames of the segmentation differ in their {0}; Limner reads one grid at a time.</source><translation/></message>
<message><source>The graphics card (glsl), the processor (numba), or what is better here.</source><translation/></message>
<message><source>The graphics card cannot trace paths: the processor does it.</source><translation/></message>
<message><source>The image and the case are untouched.</source><translation/></message>
<message><source>The image has {0} time points; the first was segmented.</source><translation/></message>
<message><source>The image has {0} × {1} pixels.</source><translation/></message>
<message><source>The image in light and shadow, refined while it rests. Not for diagnosis.</source><translation/></message>
<message><source>The image is empty: all of its voxels have the same value.</source><translation/></message>
<message><source>The image is empty: its values do not differ where the model looks.</source><translation/></message>
<message><source>The image is empty: nearly all of its voxels have the same value.</source><translation/></message>
<message><source>The image is empty: none of its voxels has a value.</source><translation/></message>
<message><source>The image is not on the shelf any more.</source><translation/></message>
<message><source>The image is too large for a small picture of it.</source><translation/></message>
<message><source>The image is too large to be changed ({0} MB).</source><translation/></message>
<message><source>The image is too thin for this model: {0} voxels on the network's grid.</source><translation/></message>
<message><source>The image itself, fast, without shadows.</source><translation/></message>
<message><source>The image never was DICOM: the object begins a new study.</source><translation/></message>
<message><source>The image was closed before it was read completely.</source><translation/></message>
<message><source>The images do not say how large their pixels are: nothing can be reported in millimetres.</source><translation/></message>
<message><source>The images lie in an archive.</source><translation/></message>
<message><source>The images of this case are not where they were.</source><translation/></message>
<message><source>The images of this study lie in a folder of yours.</source><translation/></message>
<message><source>The images of {0} lie on different grids.</source><translation/></message>
<message><source>The images that {0} is about were not found: {1}.</source><translation/></message>
<message><source>The journal is broken at entry {0} of {1}.</source><translation/></message>
<message><source>The kept arrangements could not be read.</source><translation/></message>
<message><source>The kernel refused it connections (TCP); it could still have sent single packets (UDP).</source><translation/></message>
<message><source>The label map is damaged: two of its frames lie at the same place.</source><translation/></message>
<message><source>The label map is damaged: {0} of its values are described nowhere.</source><translation/></message>
<message><source>The labels of the prompts are neither names nor numbers.</source><translation/></message>
<message><source>The last change is still being worked out.</source><translation/></message>
<message><source>The last changes could not be saved to the case.</source><translation/></message>
<message><source>The last changes of the open case cannot be saved, so it stays open.</source><translation/></message>
<message><source>The last step of the review is still being worked out.</source><translation/></message>
<message><source>The links in the directory of the disc lead in circles.</source><translation/></message>
<message><source>The list of studies cannot be opened.</source><translation/></message>
<message><source>The list of studies cannot be read.</source><translation/></message>
<message><source>The list of studies is busy or cannot be written.</source><translation/></message>
<message><source>The list of studies was made by a newer version of Limner.</source><translation/></message>
<message><source>The log of runs comes from a newer Limner.</source><translation/></message>
<message><source>The log of runs {0} cannot be read: {1}.</source><translation/></message>
<message><source>The map belongs to another frame of reference than the image.</source><translation/></message>
<message><source>The map is opened as an image of its own.</source><translation/></message>
<message><source>The map is too large to be kept in the case.</source><translation/></message>
<message><source>The map names another frame of reference than the image has; only the positions agree.</source><translation/></message>
<message><source>The map was written to {0}.</source><translation/></message>
<message><source>The maps that the case keeps are damaged.</source><translation/></message>
<message><source>The mask lies on another grid than the image.</source><translation/></message>
<message><source>The mask of {0} holds numbers that are no label values. Nothing of it was taken.</source><translation/></message>
<message><source>The mask of {0} lies on another grid than the image. Nothing of it was taken.</source><translation/></message>
<message><source>The masks lie on another grid than the images: contours refer to none of these.</source><translation/></message>
<message><source>The masks of this case to an archive, proven before.</source><translation/></message>
<message><source>The masks were written to {0}.</source><translation/></message>
<message><source>The measurements are on the clipboard.</source><translation/></message>
<message><source>The measurements were written to {0}.</source><translation/></message>
<message><source>The memory does not suffice for {0} on this image.</source><translation/></message>
<message><source>The model asks for “{0}”, which is not installed here; it was done without.</source><translation/></message>
<message><source>The model can use the network.</source><translation/></message>
<message><source>The model continues images by their mirror image, which takes at least half a window.</source><translation/></message>
<message><source>The model could not be stored.</source><translation/></message>
<message><source>The model does not say from where it can be had. Put it there and add the folder again.</source><translation/></message>
<message><source>The model gives boxes with scores, so there are no maps.</source><translation/></message>
<message><source>The model goes through slices across axis {0}, which no volume has.</source><translation/></message>
<message><source>The model has no label number {0}.</source><translation/></message>
<message><source>The model has no label “{0}”.</source><translation/></message>
<message><source>The model has no network.</source><translation/></message>
<message><source>The model has no structure “{0}”.</source><translation/></message>
<message><source>The model joins its images in an order that is not the order in which it reads them.</source><translation/></message>
<message><source>The model looks at the image as a whole, so there are no maps.</source><translation/></message>
<message><source>The model moves over the image by “{0}”, which is not known here.</source><translation/></message>
<message><source>The model must be given at least one click inside the structure.</source><translation/></message>
<message><source>The model pads its images at one end only, which is not known here.</source><translation/></message>
<message><source>The model resamples its images in a way that is not known here ({0}).</source><translation/></message>
<message><source>The model resamples its images within limits of spacing, which is not known here.</source><translation/></message>
<message><source>The model resizes its images in a way that is not known here ({0}).</source><translation/></message>
<message><source>The model states no checksum for {0}.</source><translation/></message>
<message><source>The model states no checksum for {0}: nobody can tell whether it is the right file.</source><translation/></message>
<message><source>The model takes clicks for one structure at a time.</source><translation/></message>
<message><source>The model takes clicks in one slice at a time.</source><translation/></message>
<message><source>The model takes clicks, but does not say for which labels.</source><translation/></message>
<message><source>The model takes no clicks for “{0}”.</source><translation/></message>
<message><source>The model takes no clicks outside of its structures.</source><translation/></message>
<message><source>The model turns its images in a way that is not known here (no axis codes).</source><translation/></message>
<message><source>The model wants its image oriented “{0}”, which names no orientation.</source><translation/></message>
<message><source>The model was made for CT, and the numbers of this image are not those of a CT: look closely.</source><translation/></message>
<message><source>The model works on single pictures, not on volumes.</source><translation/></message>
<message><source>The model “{0}” cannot be read.</source><translation/></message>
<message><source>The model's Python code has no network; native code in it could use one.</source><translation/></message>
<message><source>The model's argument “{0}” is gone from this version of MONAI and was left out.</source><translation/></message>
<message><source>The model's configuration is larger than any real one.</source><translation/></message>
<message><source>The model's file {0} cannot be read.</source><translation/></message>
<message><source>The model's list of large files names a file outside the model.</source><translation/></message>
<message><source>The model's maps in this case cannot be read; everything else is whole.</source><translation/></message>
<message><source>The model's part “{0}” cannot be made.</source><translation/></message>
<message><source>The model's preparation names {0} images and {1} were given.</source><translation/></message>
<message><source>The model's step “{0}” cannot be made.</source><translation/></message>
<message><source>The model's step “{0}” is not known here.</source><translation/></message>
<message><source>The model's weights are missing: {0}.</source><translation/></message>
<message><source>The network gives labels alone, so nobody knows how sure or how probable they are.</source><translation/></message>
<message><source>The network gives no boxes: {0} numbers in place of 8 for each box.</source><translation/></message>
<message><source>The network gives one number where a score for each label should be.</source><translation/></message>
<message><source>The network gives {0} channels, the model's files name {1}.</source><translation/></message>
<message><source>The network gives {0} voxels for windows of {1}, so it is none for labels.</source><translation/></message>
<message><source>The network gives {0} where scores should be.</source><translation/></message>
<message><source>The network {0} is missing beside {1}.</source><translation/></message>
<message><source>The new structures of the prompts are no list of names.</source><translation/></message>
<message><source>The nnU-Net folder “{0}” does not say which configuration was trained.</source><translation/></message>
<message><source>The nnU-Net normalises its images by “{0}”, which is not known here.</source><translation/></message>
<message><source>The nnU-Net's network uses “{0}”, which is not here.</source><translation/></message>
<message><source>The nnU-Net's network uses “{0}”, which is not known here.</source><translation/></message>
<message><source>The nnU-Net's plan describes a network that cannot be made.</source><translation/></message>
<message><source>The nnU-Net's plan does not normalise as many images as it takes.</source><translation/></message>
<message><source>The nnU-Net's plan does not say how large its windows are.</source><translation/></message>
<message><source>The nnU-Net's plan does not say on which grid it works.</source><translation/></message>
<message><source>The nnU-Net's plan lacks the configuration “{0}”.</source><translation/></message>
<message><source>The nnU-Net's plan lacks the statistics that its normalisation needs.</source><translation/></message>
<message><source>The nnU-Net's plan turns its images in a way that makes no sense.</source><translation/></message>
<message><source>The numbers of the parametric map are mapped by a table, which Limner does not read.</source><translation/></message>
<message><source>The numbers of this map are no probabilities: they do not lie between 0 and 1.</source><translation/></message>
<message><source>The object does not have the segments that were to be written.</source><translation/></message>
<message><source>The object does not have the structures that were to be written.</source><translation/></message>
<message><source>The object has no pixels.</source><translation/></message>
<message><source>The object holds no image that could be changed.</source><translation/></message>
<message><source>The object is cut short within its pixels.</source><translation/></message>
<message><source>The object is not there any more.</source><translation/></message>
<message><source>The object is not what it should be; nothing was sent.</source><translation/></message>
<message><source>The object says that it holds a PDF, but it does not.</source><translation/></message>
<message><source>The object would hold {0} GB of pixels; DICOM allows 4.</source><translation/></message>
<message><source>The object's header and its pixels do not belong together: {0} bytes are needed, {1} are there.</source><translation/></message>
<message><source>The one that is shown, as NIfTI from 0 to 255.</source><translation/></message>
<message><source>The one that was asked last.</source><translation/></message>
<message><source>The one that works on the clicks.</source><translation/></message>
<message><source>The only slice is of unknown thickness, so its segments have no surfaces.</source><translation/></message>
<message><source>The open study has all the room again.</source><translation/></message>
<message><source>The open study is still being loaded.</source><translation/></message>
<message><source>The panel at the left lists the models.</source><translation/></message>
<message><source>The parameter “probability” must be “winner”, “all”, or a list of structures.</source><translation/></message>
<message><source>The parameter “{0}” must be text.</source><translation/></message>
<message><source>The parameter “{0}” must be true or false.</source><translation/></message>
<message><source>The parametric map does not say what its numbers mean.</source><translation/></message>
<message><source>The parametric map holds no frames.</source><translation/></message>
<message><source>The part {0} of {1} cannot be read.</source><translation/></message>
<message><source>The part {0} of {1} is larger than any real one of its kind.</source><translation/></message>
<message><source>The parts have volumes.</source><translation/></message>
<message><source>The picture is on the clipboard.</source><translation/></message>
<message><source>The places under both crosshairs are the same.</source><translation/></message>
<message><source>The preset “{0}” in {1} cannot be used: {2}.</source><translation/></message>
<message><source>The prompts cannot be understood.</source><translation/></message>
<message><source>The queue is done but for {0} studies that wait to hear which image is which.</source><translation/></message>
<message><source>The queue is done.</source><translation/></message>
<message><source>The queue is done; {0} of {1} failed.</source><translation/></message>
<message><source>The queue stopped at a bug.</source><translation/></message>
<message><source>The record of the model “{0}” belongs to another one.</source><translation/></message>
<message><source>The record of the model “{0}” is broken.</source><translation/></message>
<message><source>The record of the model “{0}” was changed.</source><translation/></message>
<message><source>The record of “{0}” could not be written.</source><translation/></message>
<message><source>The region is empty.</source><translation/></message>
<message><source>The region lies outside of the image.</source><translation/></message>
<message><source>The report ({0}) holds no measurement groups.</source><translation/></message>
<message><source>The report is about other images than these.</source><translation/></message>
<message><source>The report needs a file name that ends in {0}.</source><translation/></message>
<message><source>The report says that it is about another series.</source><translation/></message>
<message><source>The result has {0} boxes.</source><translation/></message>
<message><source>The result is not touched by this. Free some space, or look at who may write there.</source><translation/></message>
<message><source>The result of {0} was dropped: another image is open now.</source><translation/></message>
<message><source>The result that waits has maps of its own.</source><translation/></message>
<message><source>The result would lie on the grid of “{0}”, which is not that of the open image.</source><translation/></message>
<message><source>The rows and columns of this grid are not at right angles.</source><translation/></message>
<message><source>The run could not be written to the log {0}: {1}.</source><translation/></message>
<message><source>The same, of a slice of unknown thickness.</source><translation/></message>
<message><source>The scores were copied.</source><translation/></message>
<message><source>The segment has no voxels with values in this image.</source><translation/></message>
<message><source>The segment “{0}” is empty.</source><translation/></message>
<message><source>The segment “{0}” is locked.</source><translation/></message>
<message><source>The segmentation belongs to another frame of reference than the image.</source><translation/></message>
<message><source>The segmentation belongs to another study.</source><translation/></message>
<message><source>The segmentation claims {0} frames and describes {1}.</source><translation/></message>
<message><source>The segmentation describes no segment.</source><translation/></message>
<message><source>The segmentation does not fit this computer's memory.</source><translation/></message>
<message><source>The segmentation does not say the {0} of its frames.</source><translation/></message>
<message><source>The segmentation does not say where its frames lie, so they cannot be laid on an image.</source><translation/></message>
<message><source>The segmentation holds no “{0}”: its volume refers to the images.</source><translation/></message>
<message><source>The segmentation is damaged: a frame belongs to a segment that is not described.</source><translation/></message>
<message><source>The segmentation is damaged: it does not say how large its frames are.</source><translation/></message>
<message><source>The segmentation is damaged: its frames have no right orientation.</source><translation/></message>
<message><source>The segmentation is damaged: its pixels have no size.</source><translation/></message>
<message><source>The segmentation is damaged: its segments are not numbered one by one.</source><translation/></message>
<message><source>The segmentation is damaged: {0} frames do not have {1} bits.</source><translation/></message>
<message><source>The segmentation is of a kind that Limner does not know ({0}).</source><translation/></message>
<message><source>The segments as surfaces.</source><translation/></message>
<message><source>The series has no files any more.</source><translation/></message>
<message><source>The series has {0} time points; there is no number {1}.</source><translation/></message>
<message><source>The series holds no image.</source><translation/></message>
<message><source>The series is not there any more.</source><translation/></message>
<message><source>The series needs {0} GB of memory and only {1} GB are free.</source><translation/></message>
<message><source>The series of this case is not among these images.</source><translation/></message>
<message><source>The series that is most like the open one.</source><translation/></message>
<message><source>The server answered {0} ({1}).</source><translation/></message>
<message><source>The server sends on to an address that is not protected.</source><translation/></message>
<message><source>The settings could not be saved.</source><translation/></message>
<message><source>The settings file could not be read; defaults are used ({0}).</source><translation/></message>
<message><source>The settings or {0} say where it is: the command, or its Python environment's folder.</source><translation/></message>
<message><source>The side file is of schema {0}; this version of Limner knows {1}.</source><translation/></message>
<message><source>The side file's field “{0}” must be {1}.</source><translation/></message>
<message><source>The slices are scaled each in its own way: no presentation state has one window for all.</source><translation/></message>
<message><source>The slices have no positions: they stand where they are shown.</source><translation/></message>
<message><source>The slices of this series are not evenly spaced or not at right angles ({0}). How shall it be opened?</source><translation/></message>
<message><source>The slices show the segments again.</source><translation/></message>
<message><source>The source does not say how it was done.</source><translation/></message>
<message><source>The step “{0}” of the model's post-processing is not done.</source><translation/></message>
<message><source>The store holds no model “{0}”.</source><translation/></message>
<message><source>The structure set was made for another image; its positions were taken as they are.</source><translation/></message>
<message><source>The study is not listed any more.</source><translation/></message>
<message><source>The study's files lie in an archive.</source><translation/></message>
<message><source>The surface could not be written.</source><translation/></message>
<message><source>The terminology has no “{0}”.</source><translation/></message>
<message><source>The tolerance must be 0 mm or more.</source><translation/></message>
<message><source>The two masks lie on different grids.</source><translation/></message>
<message><source>The values are too much alike to tell tissues apart.</source><translation/></message>
<message><source>The view is key frame {0}.</source><translation/></message>
<message><source>The volume could not be drawn ({0}).</source><translation/></message>
<message><source>The weights file {0} cannot be read ({1}).</source><translation/></message>
<message><source>The weights file {0} holds more than numbers, so it is not read.</source><translation/></message>
<message><source>The weights file {0} holds no weights but {1}.</source><translation/></message>
<message><source>The weights file {0} holds no weights that Limner knows how to find.</source><translation/></message>
<message><source>The weights file {0} is damaged.</source><translation/></message>
<message><source>The weights in {0} do not fit the layers in {1}.</source><translation/></message>
<message><source>The weights in {0} do not fit the network that the model describes.</source><translation/></message>
<message><source>The whole image in every view.</source><translation/></message>
<message><source>The worker cannot say what it computes on.</source><translation/></message>
<message><source>The zip {0} cannot be unpacked.</source><translation/></message>
<message><source>The zip {0} holds a file that would lie outside of its folder.</source><translation/></message>
<message><source>The zip {0} holds a link or a device, which no model needs.</source><translation/></message>
<message><source>The zip {0} holds two files of the name {1}.</source><translation/></message>
<message><source>The zip {0} holds {1} files, more than any model.</source><translation/></message>
<message><source>The zip {0} is broken or uses what is not supported.</source><translation/></message>
<message><source>The zip {0} is encrypted.</source><translation/></message>
<message><source>The zip {0} would grow from {1} MB to {2} GB: no model does.</source><translation/></message>
<message><source>There are more new structures than the model has numbers for.</source><translation/></message>
<message><source>There are more than {0}; narrow the search or raise --limit.</source><translation/></message>
<message><source>There are no objects about these images in the list of studies, or beside them.</source><translation/></message>
<message><source>There are no segments to send.</source><translation/></message>
<message><source>There are several networks beside {0}: {1}.</source><translation/></message>
<message><source>There are {0} image series here.</source><translation/></message>
<message><source>There are {0}.</source><translation/></message>
<message><source>There are: {0}.</source><translation/></message>
<message><source>There are: {0}; or give a file.</source><translation/></message>
<message><source>There is a preset “{0}” already.</source><translation/></message>
<message><source>There is another model “{0}” already.</source><translation/></message>
<message><source>There is more: these are the first {0} lines (--most N).</source><translation/></message>
<message><source>There is no action “{0}”.</source><translation/></message>
<message><source>There is no case at {0}.</source><translation/></message>
<message><source>There is no clipboard on the command line.</source><translation/></message>
<message><source>There is no configuration at {0}.</source><translation/></message>
<message><source>There is no device “{0}” here.</source><translation/></message>
<message><source>There is no device “{0}”.</source><translation/></message>
<message><source>There is no file {0}.</source><translation/></message>
<message><source>There is no folder {0}.</source><translation/></message>
<message><source>There is no folder “{0}”.</source><translation/></message>
<message><source>There is no image beside it, either.</source><translation/></message>
<message><source>There is no image here that an object could be about.</source><translation/></message>
<message><source>There is no image in this {0} ({1} other files).</source><translation/></message>
<message><source>There is no image series here that the object could belong to.</source><translation/></message>
<message><source>There is no image series with this id.</source><translation/></message>
<message><source>There is no image to show here.</source><translation/></message>
<message><source>There is no kind of object “{0}”.</source><translation/></message>
<message><source>There is no map of how sure a model was.</source><translation/></message>
<message><source>There is no map “{0}”.</source><translation/></message>
<message><source>There is no model “{0}”.</source><translation/></message>
<message><source>There is no parameter “{0}”.</source><translation/></message>
<message><source>There is no picture to copy.</source><translation/></message>
<message><source>There is no plane “{0}”.</source><translation/></message>
<message><source>There is no preset “{0}”.</source><translation/></message>
<message><source>There is no rule “{0}”.</source><translation/></message>
<message><source>There is no run to show.</source><translation/></message>
<message><source>There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set. The command line works without one.</source><translation/></message>
<message><source>There is no segment and no measurement to report.</source><translation/></message>
<message><source>There is no segment to write.</source><translation/></message>
<message><source>There is no segment with voxels, so there is no surface.</source><translation/></message>
<message><source>There is no segment “{0}”.</source><translation/></message>
<message><source>There is no such measurement.</source><translation/></message>
<message><source>There is no such run.</source><translation/></message>
<message><source>There is no such segment.</source><translation/></message>
<message><source>There is no view “{0}”.</source><translation/></message>
<message><source>There is not enough memory for this series.</source><translation/></message>
<message><source>There is not enough memory to resample this series.</source><translation/></message>
<message><source>There is nothing at “{0}”.</source><translation/></message>
<message><source>There is nothing to redo.</source><translation/></message>
<message><source>There is nothing to save yet.</source><translation/></message>
<message><source>There is nothing to undo.</source><translation/></message>
<message><source>There is: cpu{0}.</source><translation/></message>
<message><source>These are images of another patient.</source><translation/></message>
<message><source>These are not the images of this case: their voxels differ.</source><translation/></message>
<message><source>These are not the images of this case: they lie on another grid.</source><translation/></message>
<message><source>These contours are longer than a DICOM file can be.</source><translation/></message>
<message><source>These images do not lie where the masks lie.</source><translation/></message>
<message><source>These images lie on different grids.</source><translation/></message>
<message><source>They are deleted from the workspace’s disk. Cases stay, and images in other folders.</source><translation/></message>
<message><source>They are kept in memory and saved as soon as possible ({0}). “Save a copy as” to another place.</source><translation/></message>
<message><source>They are listed all the same.</source><translation/></message>
<message><source>They are opened in the usual arrangement again.</source><translation/></message>
<message><source>They were drawn on slices of another direction: open the image that they belong to.</source><translation/></message>
<message><source>This DICOM object holds no masks.</source><translation/></message>
<message><source>This case is already open in another Limner.</source><translation/></message>
<message><source>This case is damaged: a change in its journal does not fit the others.</source><translation/></message>
<message><source>This case is damaged: entry {0} of its journal does not follow from the others.</source><translation/></message>
<message><source>This case is damaged: entry {0} of its journal is missing.</source><translation/></message>
<message><source>This case is damaged: it does not say what it belongs to.</source><translation/></message>
<message><source>This case is damaged: its journal cannot be read.</source><translation/></message>
<message><source>This case is open read-only.</source><translation/></message>
<message><source>This case keeps no map of a model.</source><translation/></message>
<message><source>This case needs more memory than is free.</source><translation/></message>
<message><source>This case needs {0} GB of memory and only {1} GB are free.</source><translation/></message>
<message><source>This case was made by a newer version of Limner.</source><translation/></message>
<message><source>This case's checkpoint is damaged.</source><translation/></message>
<message><source>This case's file is damaged and cannot be read to its end.</source><translation/></message>
<message><source>This computer does not count its energy, so its power at rest cannot be measured.</source><translation/></message>
<message><source>This file is not a Limner case, or it is damaged.</source><translation/></message>
<message><source>This file is not a Limner case.</source><translation/></message>
<message><source>This folder holds originals; the result must not lie among them.</source><translation/></message>
<message><source>This image has no values that colours and opacities could stand for.</source><translation/></message>
<message><source>This is a bug of the model (version {0}); please report it.</source><translation/></message>
<message><source>This is a fault of the model.</source><translation/></message>
<message><source>This is no record of a run, or it is damaged.</source><translation/></message>
<message><source>This is the case itself.</source><translation/></message>
<message><source>This is the model's own fault; ask whoever made it.</source><translation/></message>
<message><source>This is {0}, not an image.</source><translation/></message>
<message><source>This model cannot be computed by {0} on {1} here.</source><translation/></message>
<message><source>This model cannot be computed by {0}.</source><translation/></message>
<message><source>This model runs no Python of its own.</source><translation/></message>
<message><source>This model takes no clicks.</source><translation/></message>
<message><source>This model wants {0} images.</source><translation/></message>
<message><source>This model {0} and takes no options.</source><translation/></message>
<message><source>This needs the window.</source><translation/></message>
<message><source>This nnU-Net is a cascade whose labels are regions that overlap, which is not supported.</source><translation/></message>
<message><source>This nnU-Net is the second stage of two and needs the first one ({0}).</source><translation/></message>
<message><source>This nnU-Net resamples its images in another way than usual; here it is the usual one.</source><translation/></message>
<message><source>This nnU-Net takes images as they are stored; it was trained on images of one orientation.</source><translation/></message>
<message><source>This position lies outside the image.</source><translation/></message>
<message><source>This presentation state belongs to other images.</source><translation/></message>
<message><source>This preset is no longer there.</source><translation/></message>
<message><source>This record of a run comes from a newer Limner.</source><translation/></message>
<message><source>This run gives no scores for the label value {0}.</source><translation/></message>
<message><source>This series has peculiarities: {0}.</source><translation/></message>
<message><source>This slice is of unknown thickness, so its parts have no volume.</source><translation/></message>
<message><source>This structure set was made for another image.</source><translation/></message>
<message><source>This study has no images.</source><translation/></message>
<message><source>This study is not listed any more.</source><translation/></message>
<message><source>Three slices and 3D.</source><translation/></message>
<message><source>Three slices, no 3D.</source><translation/></message>
<message><source>TotalSegmentator knows no device “{0}”.</source><translation/></message>
<message><source>TotalSegmentator, a program of its own that is installed on this computer (Apache 2.0; some of its tasks need a licence number from its makers, free for non-commercial use).</source><translation/></message>
<message><source>Try again in a moment.</source><translation/></message>
<message><source>Try again: what was fetched is kept and continued.</source><translation/></message>
<message><source>Turn the view and add it to the list.</source><translation/></message>
<message><source>Two linked slices, each with one of the masks, instead of the usual views.</source><translation/></message>
<message><source>Two names are needed.</source><translation/></message>
<message><source>Two segments of this case with each other.</source><translation/></message>
<message><source>UPDATE roots SET is_missing = ?, seen_utc = ? WHERE path = ?</source><translation/></message>
<message><source>Uncertainty, or probabilities.</source><translation/></message>
<message><source>Undo brings it back.</source><translation/></message>
<message><source>Undo brings them back.</source><translation/></message>
<message><source>Undo or redo to any entry.</source><translation/></message>
<message><source>Unlock it in the Segments panel to change it.</source><translation/></message>
<message><source>Unpack it and add the folder.</source><translation/></message>
<message><source>Unpack it with its password and add the folder.</source><translation/></message>
<message><source>Unpack it with its password first.</source><translation/></message>
<message><source>Unpack the archive first.</source><translation/></message>
<message><source>Unrecognized arguments: {0}.</source><translation/></message>
<message><source>Up the list.</source><translation/></message>
<message><source>Update Limner to open it; nothing was changed.</source><translation/></message>
<message><source>Update Limner to read it.</source><translation/></message>
<message><source>Update Limner to use it.</source><translation/></message>
<message><source>Use --resample to cut it off.</source><translation/></message>
<message><source>Use --resample to interpolate between them.</source><translation/></message>
<message><source>Use --resample to lay it on the image's grid; the mask's edges then move by up to half a voxel.</source><translation/></message>
<message><source>Use --resample to lay the second mask on the first one's grid; its edges then move by up to half a voxel.</source><translation/></message>
<message><source>Use --resample when you know that it is about this patient and these images.</source><translation/></message>
<message><source>Use --resample when you know that its positions are those of this image.</source><translation/></message>
<message><source>Use one of {0}.</source><translation/></message>
<message><source>Use small letters, digits and hyphens.</source><translation/></message>
<message><source>Use “Save a copy as” and work in the copy.</source><translation/></message>
<message><source>VTK casts rays and traces no paths.</source><translation/></message>
<message><source>Versions and licences.</source><translation/></message>
<message><source>Video players want even numbers of pixels: {0} × {1}.</source><translation/></message>
<message><source>Volumes on different grids do not fit into one file.</source><translation/></message>
<message><source>W 1500 L −600.</source><translation/></message>
<message><source>W 1800 L 400.</source><translation/></message>
<message><source>W 400 L 40.</source><translation/></message>
<message><source>W 80 L 40.</source><translation/></message>
<message><source>Wait for it, or stop it.</source><translation/></message>
<message><source>Wait for its first picture.</source><translation/></message>
<message><source>What becomes of them when a result is accepted.</source><translation/></message>
<message><source>What each reading is called, and its unit (MB are MiB).</source><translation/></message>
<message><source>What each run took: time, memory, power and energy.</source><translation/></message>
<message><source>What is hidden stays hidden.</source><translation/></message>
<message><source>What is kept for such studies stays.</source><translation/></message>
<message><source>What is set once.</source><translation/></message>
<message><source>What names a patient goes only to machines marked as inside the hospital, and only encrypted.</source><translation/></message>
<message><source>What only one of the two masks has, drawn over the slices.</source><translation/></message>
<message><source>What shall it be?</source><translation/></message>
<message><source>What the model found beside structures.</source><translation/></message>
<message><source>What this case keeps beside its journal cannot be read.</source><translation/></message>
<message><source>What was opened last.</source><translation/></message>
<message><source>What was to be sent is not listed any more.</source><translation/></message>
<message><source>Where a firewall looks into connections, this computer needs the certificate of the hospital.</source><translation/></message>
<message><source>Where cases are kept; empty for the usual place.</source><translation/></message>
<message><source>Where the model was unsure, the worst first.</source><translation/></message>
<message><source>Which kind of DICOM object?</source><translation/></message>
<message><source>While a model still runs, draw a coarse result, or what it has found so far.</source><translation/></message>
<message><source>With all its series.</source><translation/></message>
<message><source>With its clicks.</source><translation/></message>
<message><source>With its voxels; undo brings it back.</source><translation/></message>
<message><source>Without a voxel, and so described but without a frame: {0}.</source><translation/></message>
<message><source>Without table and blanket.</source><translation/></message>
<message><source>Write .nii.gz or .mha.</source><translation/></message>
<message><source>Write .nii.gz or .nrrd, or resample with --regular-grid.</source><translation/></message>
<message><source>Write a .seg.nrrd file, which holds overlapping segments.</source><translation/></message>
<message><source>Write a label map (--format seg-labelmap), or fewer segments at a time.</source><translation/></message>
<message><source>Write arguments as key=value.</source><translation/></message>
<message><source>Write it as #rrggbb.</source><translation/></message>
<message><source>Write it as 1024x768.</source><translation/></message>
<message><source>Write it as 2026-03-31 or 2026-03-31T14:30.</source><translation/></message>
<message><source>Write it as 40,400.</source><translation/></message>
<message><source>Write it as X,Y,Z in LPS millimetres.</source><translation/></message>
<message><source>Write it as anterior:40 or left:50%; sides: {0}.</source><translation/></message>
<message><source>Write it as {0}.</source><translation/></message>
<message><source>Write it without what tells who the patient is.</source><translation/></message>
<message><source>Write them with commas between them.</source><translation/></message>
<message><source>Written into the journal with each change.</source><translation/></message>
<message><source>Your case on this image goes on, with {0} entries. “New case” begins afresh.</source><translation/></message>
</context>
</TS>
